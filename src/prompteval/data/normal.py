"""Texts that count as equal: by NFKC, case and white space."""

from prompteval.core.unicode import nfkc


def normal(text: str) -> str:
    """The form by which two texts are duplicates."""
    return " ".join(nfkc(text).casefold().split())
