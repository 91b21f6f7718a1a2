"""The index of problem codes is that of the source, and the page that of the index."""

import ast
import re
from pathlib import Path

import pytest

import prompteval
from prompteval.core.codes import codes, document
from tests.golden import CHANGED, ROOT, kept
from tests.syntax_trees import tree_of, walk

PLACE = re.compile(r"\S+?(:\d+:\d+)? (P[A-Z]\d{3}) \S.*")


def used() -> set[str]:
    """Every problem code that is in the source as a text of its own."""
    found = set()
    for path in Path(prompteval.__path__[0]).rglob("*.py"):
        for node in walk(tree_of(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set(re.findall(r"(?:^| )(P[A-Z]\d{3})(?:$| )", node.value))
    return found


def test_every_code_of_the_source_is_explained_and_no_other() -> None:
    """A new code needs its entry in codes.toml, and a code that is gone leaves none."""
    assert used() == set(codes())


@pytest.mark.parametrize("code", codes())
def test_an_entry_is_whole(code: str) -> None:
    """Meaning and fix are sentences; the example is one line as it is printed, with this code."""
    entry = codes()[code]
    found = PLACE.fullmatch(entry.example)
    assert found is not None and found[2] == code
    assert all(len(text) > 10 and text.endswith(".") for text in (entry.meaning, entry.fix))


@pytest.mark.golden
def test_the_page_is_the_index() -> None:
    """docs/problems.md is what `prompteval explain --all` prints."""
    printed = "".join(document())
    assert kept(ROOT / "docs" / "problems.md", printed) == printed, CHANGED
