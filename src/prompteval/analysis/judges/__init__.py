"""Judges against people: how far they agree, and whether a judge may decide."""
