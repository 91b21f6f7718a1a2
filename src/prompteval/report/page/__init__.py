"""One self-contained page of a run: data, and one renderer for them. No network; all text is text."""
