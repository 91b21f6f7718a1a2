"""Scorers: one case and what happened to it in, one score out."""
