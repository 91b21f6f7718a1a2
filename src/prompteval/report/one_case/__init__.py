"""One case in full: a view of it, and the view as text for a terminal and as Markdown."""
