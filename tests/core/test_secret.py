"""Credentials are found by their published shapes."""

import pytest

from prompteval.core.secret import find_secret


@pytest.mark.parametrize(
    "key",
    [
        "sk_live_" + "a1" * 12,
        "hf_" + "aB" * 17,
        "glpat-" + "a1b2" * 5,
        "gsk_" + "aB3d" * 13,
        "xai-" + "aB3d" * 20,
    ],
)
def test_s21_keys_of_other_services_are_found_and_never_whole(key: str) -> None:
    """Inside a sentence, with its place; the shown form is a beginning and a length."""
    offset, shown = find_secret(f"use {key}, please") or (0, key)
    assert offset == 4 and key not in shown


@pytest.mark.parametrize("text", ["hf_hub", "sk-learn", "xai-method", "risk_live_in the moment we are in"])
def test_s21_words_are_no_keys(text: str) -> None:
    """Names that only begin alike."""
    assert find_secret(text) is None
