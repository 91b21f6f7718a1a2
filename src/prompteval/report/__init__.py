"""Pure renderers over one view of a run."""
