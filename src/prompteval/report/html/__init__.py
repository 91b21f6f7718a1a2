"""One self-contained page of a run: no network, every text shown as text."""
