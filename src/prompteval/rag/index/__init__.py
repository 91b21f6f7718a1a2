"""Retrievers: from a question to ranked candidates."""
