"""Stored rows to numbers to a verdict. Pure: no concurrency, no database, no network."""
