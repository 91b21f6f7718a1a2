"""The rule on the text alone: it ranks, and what data flow did not find it never finds."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.audit.likeness import likeness
from prompteval.audit.todo import updated
from prompteval.metrics.curves import average_precision
from tests.audit.test_command import finding
from tests.golden import ROOT

LITERALS = ROOT.parent / "shared" / "data" / "prompt_literals"


@given(st.text(max_size=200))
def test_it_is_a_share(text: str) -> None:
    """From 0 to 1, for any text."""
    assert 0.0 <= likeness(text) <= 1.0


def test_prompts_are_before_other_texts_in_a_list() -> None:
    """An instruction before a heading, a heading before a query."""
    texts = [
        "SELECT name FROM users;",
        "Chapter one",
        "You are an editor. Summarize the following text in two sentences.",
    ]
    text = updated("", [finding("a.py", subject) for subject in texts])
    lines = [line for line in text.splitlines() if line.startswith("- [ ]")]
    assert ["Summarize" in lines[0], "Chapter" in lines[1], "SELECT" in lines[2]] == [True] * 3


@pytest.mark.skipif(not LITERALS.is_dir(), reason="the labelled literals are not here")
def test_it_ranks_better_than_length_alone() -> None:
    """On literals of public repositories, by the labels of their authors."""
    rows = [json.loads(line) for line in (LITERALS / "literals.jsonl").read_text("utf-8").splitlines()]
    truth = np.array([bool(row["is_prompt"]) for row in rows])
    ones = np.ones(len(rows))
    ours = average_precision(np.array([likeness(row["text"]) for row in rows]), truth)(ones)
    length = average_precision(np.array([float(len(row["text"])) for row in rows]), truth)(ones)
    assert float(ours) > float(length) + 0.02
