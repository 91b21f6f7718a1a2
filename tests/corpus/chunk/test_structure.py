"""The structure of Markdown that nobody writes by hand: read in time proportional to its length."""

from collections.abc import Callable

import pytest

from prompteval.corpus.chunk.structure import structure_of
from tests.growth import excess

LENGTH = 30_000
ODD: dict[str, Callable[[int], str]] = {
    "one line": lambda n: "word " * (n // 5), "quotes": lambda n: "> " * (n // 2), "items": lambda n: "- " * (n // 2),
    "deep quotes": lambda n: (">" * 100 + "\n") * (n // 101), "deep lists": lambda n: ("- " * 50 + "\n") * (n // 101),
    "lists in lists": lambda n: "".join(" " * (2 * depth) + "- a\n" for depth in range(int(n**0.5))),
    "lists in quotes": lambda n: "> - " * (n // 4), "lazy quote": lambda n: "> a\n" + "b\n" * (n // 2),
    "wide table": lambda n: "|a" * (n // 6) + "|\n" + "|-" * (n // 6) + "|\n" + "|1" * (n // 6) + "|\n",
    "long table": lambda n: "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * (n // 10),
    "tables": lambda n: "a|b\n:-|-:\n" * (n // 10), "pipes": lambda n: "|\n" * (n // 2),
    "empty rows": lambda n: "|a" * (n // 5) + "|\n" + "|-" * (n // 5) + "|\n" + "|\n" * (n // 10),
    "fences": lambda n: "```\n" * (n // 4), "open fence": lambda n: "```\n" + "a\n" * (n // 2),
    "tags": lambda n: "<a>\n\n" * (n // 5), "comments": lambda n: "<!--\n" * (n // 5),
    "definitions": lambda n: "[a]: b\n" * (n // 7), "open title": lambda n: "[a]: b 'c\n" + "d\n" * (n // 2),
    "brackets": lambda n: "[" * n, "headings": lambda n: "# a\n" * (n // 4), "underlined": lambda n: "a\n=\n" * (n // 4),
    "blank lines": lambda n: "\n" * n, "blanks": lambda n: " " * n, "list": lambda n: "- a\n\n" * (n // 5),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", ODD)
def test_b24_odd_markdown_takes_no_square(name: str) -> None:
    """B24: depth, tables, rows, definitions and lines of any size."""
    assert not excess(structure_of, ODD[name], LENGTH)


def test_depth_and_a_long_line_do_not_end_the_process() -> None:
    """A megabyte in one line, and a hundred thousand levels, are parts of a text like any other."""
    assert structure_of("x" * 1_000_000).blocks == (0,)
    assert structure_of("> " * 100_000 + "a").blocks == (0,)
    assert len(structure_of("# a\n\n" + "- " * 100_000).headings[0]) == 1
