"""The words of messages: what docs/style.md keeps out of every text that a user may read."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
UNWANTED = re.compile(
    r"stands? twice|stands in|\bno folder\b|\bmend|\banew\b|\blet go\b|\bgoes on\b|\bgo on with\b"
    r"|\bcannot go on\b|held against|passed over|would go\b|makes one\b"
    r"|there is no (?:code|metric|model|prompt|provider|reference|retriever|run|scorer|suite)\b"
    r"|\bis no (?:JSON|number|rule|text|regular|outcome|preset|parameter|message|input|version|score|side)\b"
)


def _docstrings(tree: ast.Module) -> set[int]:
    bodies = (
        node.body
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    )
    first = (body[0].value for body in bodies if body and isinstance(body[0], ast.Expr))
    return {id(node) for node in first}


def messages() -> Iterator[tuple[str, str]]:
    """Every string of the package that is not a docstring, with its place."""
    for path in sorted((ROOT / "src").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        known = _docstrings(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in known:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.value


def test_no_message_uses_an_unwanted_word() -> None:
    """docs/style.md has the word to write instead."""
    assert [f"{place} {text[:80]!r}" for place, text in messages() if UNWANTED.search(text)] == []


@pytest.mark.parametrize("path", ["README.md", "docs/problems.md", "src/prompteval/core/codes.toml"])
def test_no_page_for_users_uses_an_unwanted_word(path: str) -> None:
    """What is printed is shown there, and is written alike."""
    lines = (ROOT / path).read_text("utf-8").splitlines()
    assert [f"{number} {line}" for number, line in enumerate(lines, 1) if UNWANTED.search(line)] == []
