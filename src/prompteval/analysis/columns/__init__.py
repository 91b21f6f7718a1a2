"""Stored rows of one entry as columns, one value a case."""
