"""The words of messages: what docs/style.md keeps out of every text that a user may read."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.syntax_trees import statements, tree_of, walk, without_collections

ROOT = Path(__file__).parents[1]
UNWANTED = re.compile(
    r"stands? twice|stands in|\bno folder\b|\bmend|\banew\b|\blet go\b|\bgoes on\b|\bgo on with\b"
    r"|\bcannot go on\b|held against|passed over|would go\b|makes one\b"
    r"|there is no (?:code|metric|model|prompt|provider|reference|retriever|run|scorer|suite)\b"
    r"|(?<!here )\b(?:is|are) no (?!longer|more)\w|\btold\b|\bwhatever\b|\b(?:names|knows) no\b"
    r"|\bis gone\b|\bput (?:it|them|\w+) back\b|\btake (?:it|them) out\b|\bin all:|\bat most \S+ are read\b"
    r"|\b(?:named|judged) twice for\b|\btwice\Z|\blies (?:in|behind|over)\b|\basks (?:a|no) model\Z"
)
# Of docstrings and pages: what reads as another language's English.
UNWANTED_IN_PROSE = re.compile(
    r"\bstands? (?:in|twice)\b|\blies in\b|\bfor want of\b|\banew\b|\bmend(?:s|ed)?\b|\blet go\b"
    r"|\bgo(?:es)? on\b|\bpassed over\b|\bheld against\b|\bin silence\b|\bno folder\b"
    r"|\bis no (?:file|number|text|JSON|limit|object|Exception)\b|\bnames no(?:ne|thing)?\b|\btold\b|\bwhatever\b",
    re.IGNORECASE,
)
PAGES = sorted(path for path in (ROOT / "docs").rglob("*.md") if path.name != "style.md")


@pytest.fixture(scope="module", autouse=True)
def _no_collections() -> Iterator[None]:
    with without_collections():
        yield


def _docstrings(tree: ast.Module) -> Iterator[tuple[ast.expr, str]]:
    for node in statements(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text is not None and isinstance(node.body[0], ast.Expr):
                yield node.body[0].value, text


def messages() -> Iterator[tuple[str, str]]:
    """Every string of the package that is not a docstring, with its place."""
    for path in sorted((ROOT / "src").rglob("*.py")):
        tree = tree_of(path)
        known = {id(node) for node, _ in _docstrings(tree)}
        for node in walk(tree):
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


def test_no_docstring_uses_an_unwanted_word() -> None:
    """Nor one of a private function, which the next reader of the source reads too."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno} {hit[0]!r}"
        for path in sorted((ROOT / "src").rglob("*.py"))
        for node, text in _docstrings(tree_of(path))
        if (hit := UNWANTED_IN_PROSE.search(text))
    ]
    assert found == []


@pytest.mark.parametrize("path", [ROOT / "README.md", *PAGES], ids=lambda path: path.name)
def test_no_page_uses_an_unwanted_word(path: Path) -> None:
    """The same words in prose and in what the pages show of a terminal."""
    lines = path.read_text("utf-8").splitlines()
    assert [
        f"{number} {line}" for number, line in enumerate(lines, 1) if UNWANTED_IN_PROSE.search(line)
    ] == []
