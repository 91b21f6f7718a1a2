"""B25, F41: every option and argument of every verb with values that nobody means: one line, exit 2, no crash."""

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prompteval.core.ranges import RANGES
from tests.e2e.conftest import Workspace
from tests.e2e.test_bad_files import Told, told
from tests.e2e.test_help import COMMANDS

__all__ = ["told"]
NUMBERS = [
    "",
    "x",
    "99999999999999999999",
    "9" * 5000,
    "inf",
    "-inf",
    "nan",
    "1e400",
    "-1",
    "0x10",
    "1,2",
    "\udcff",
]
SMALL = ["0.5", "1e-320"]  # of a number that is whole
TEXTS = ["", " ", "\udcff", "\ud800", "a\nb", "\x1b[2J", "\u202e", "::error::x", "--help", "-", "..", "git:", "git:--help", "@v1",
         "route@v" + "9" * 5000, "route@git:\n", "openai/", "scripted/..", "x" * 1_000_000, "%s", "{}", "fifo"]  # fmt: skip
PLACES = [
    "",
    ".",
    "..",
    "/",
    "/dev/full",
    "fifo{}",
    "folder{}",
    "circle{}",
    "nowhere/x{}",
    "a" * 300 + "{}",
    "\udcff\x1b/x{}",
]
# Verbs that need words of their own, so that the option under test is what is wrong.
WORDS = {
    "judge check": ["last"], "judge compare": ["last", "a@v1", "a@v2"], "label": ["last"],
    "compare": ["last", "last"], "show": ["last"], "report": ["last", "-o", "ok.json"], "gate": ["last"], "runs rm": ["last"], "runs merge": ["."],
    "monitor check": ["log.jsonl", "--reference", "log.jsonl"],
    "rag search": ["--suite", "s", "days"], "schema": ["suite"], "trec": ["q.txt", "r.txt"], "runs prune": ["--keep", "5"],
}  # fmt: skip


def options() -> Iterator[tuple[str, Any]]:
    """(verb, parameter) of every option that takes a value, and of every argument."""
    for name, command in COMMANDS.items():
        for parameter in () if hasattr(command, "commands") and name != "runs" else command.params:
            if not getattr(parameter, "is_flag", False):
                yield name, parameter


OPTIONS = list(options())


def kind(parameter: Any) -> str:
    """number, place (a file to write) or text."""
    if re.search("int|float", annotation(parameter)):
        return "number"
    return "place" if parameter.name in ("outputs", "record") else "text"


def annotation(parameter: Any) -> str:
    return str(parameter.type_descriptor.annotation)


def values(parameter: Any) -> list[str]:
    if kind(parameter) == "number":
        return NUMBERS + SMALL * ("int" in annotation(parameter))
    if kind(parameter) == "place":
        return [place.format(".json" if parameter.name == "outputs" else ".jsonl") for place in PLACES]
    return TEXTS


# A gate that fails, and findings, are an answer.
DECIDE = {("run", "expression"), ("audit", "directory"), ("audit", "todo")}


def line(name: str, parameter: Any, value: str) -> list[str]:
    """A command line in which only `value` is hostile."""
    words = [] if parameter.name == "keep" else list(WORDS.get(name, []))
    if parameter.param_type_name == "argument":
        words = [word for word in words if word not in ("last", "days", "suite", "q.txt", "r.txt")]
        return [*name.split(), *words, "--", value]
    option = parameter.opts[-1]
    return [*name.split(), f"{option}={value}" if option.startswith("--") else f"{option}{value}", *words]


@pytest.mark.parametrize(("name", "parameter"), OPTIONS, ids=[f"{name} {p.opts[-1]}" for name, p in OPTIONS])
def test_b25_every_value_ends_in_one_line(
    workspace: Workspace, told: Told, name: str, parameter: Any
) -> None:
    """A number or a place that cannot be is exit 2 and one line that names it; a text is never a crash."""
    os.mkfifo(workspace.root / "fifo")
    for ending in (".json", ".jsonl"):
        os.mkfifo(workspace.root / f"fifo{ending}")
        (workspace.root / f"folder{ending}").mkdir()
        (workspace.root / f"circle{ending}").symlink_to(f"circle{ending}")
    for value in values(parameter):
        started = time.monotonic()
        code, lines = told(*line(name, parameter, value))
        assert time.monotonic() - started < 20, value[:40]
        if kind(parameter) == "text":
            assert code in (0, 1, 2, 3, 5) and len(lines) <= 1, (value[:40], code, lines)
            assert code != 1 or (name, parameter.name) in DECIDE
        else:
            assert (code, len(lines)) == (2, 1), (value[:40], code, lines)
            assert any(option in lines[0] for option in parameter.opts), lines
            assert len(lines[0]) < 2_200
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", "".join(lines))


@pytest.mark.parametrize(
    "value",
    ["not " * 5000 + "a", "(" * 5000, "(" * 51 + "a" + ")" * 51, "a and " * 20_000 + "a", "not", "()", "a b"],
)
def test_b25_an_expression_is_bounded(told: Told, value: str) -> None:
    """Depth and length of -k: one line, cut short, whatever is wrong with it."""
    code, lines = told("run", "-k", value)
    if value.startswith("not "):  # of an even number of them nothing is left
        assert (code, lines) == (0, [])
    else:
        assert code == 2 and len(lines) == 1 and "-k" in lines[0] and len(lines[0]) < 300


def test_an_expression_of_usual_size_is_read(workspace: Workspace, told: Told) -> None:
    """Fifty brackets, a thousand words and a row of `not`."""
    deep = "(" * 50 + "c1" + ")" * 50
    assert told("run", "-k", f"{deep} or {'not ' * 500}c2 or {' or '.join(['c3'] * 1000)}") == (0, [])


def test_b25_a_nul_byte_is_refused(told: Told) -> None:
    """No system can hand one over, but a program that calls the command line can."""
    assert told("run", "s\0") == (2, ["error: argument 2 holds a NUL byte"])


@pytest.mark.parametrize(("option", "what"), [("--limit", "a whole number"), ("--max-cost", "a number")])
def test_a_word_in_the_place_of_a_number_is_said_as_in_a_file(told: Told, option: str, what: str) -> None:
    """In the words of the style page, not in those of the library that reads the command line."""
    code, (line,) = told("run", option, "many")
    assert code == 2 and f"Invalid value for '{option}': it must be {what} (" in line


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("schema", "suit"), "'kind': unknown 'suit' (did you mean 'suite'?)"),
        (("schema", "x', 'y"), "(known: cases, check, "),
        (("run", "--inconclusive", "x"), "'--inconclusive': unknown 'x' (known: fail, warn)"),
    ],
)
def test_a_value_that_is_no_choice_names_the_nearest_or_all(
    told: Told, words: tuple[str, ...], said: str
) -> None:
    """In our words, without those of the library that reads the command line."""
    code, (line,) = told(*words)
    assert code == 2 and said in line and "Value error" not in line


def test_b25_a_record_never_replaces_what_is_no_file(workspace: Workspace, told: Told) -> None:
    """A device, a pipe and a directory stay what they are."""
    for place in ("/dev/null", "fifo.jsonl", "folder.jsonl"):
        if place.startswith("fifo"):
            os.mkfifo(workspace.root / place)
        elif place.startswith("folder"):
            (workspace.root / place).mkdir()
        code, (problem,) = told("run", "--record", place)
        assert (code == 2 and "regular file" in problem) or "directory" in problem
    assert Path("/dev/null").is_char_device()


def test_numbers_at_both_ends_of_their_range_are_taken(told: Told) -> None:
    """The limits themselves are no mistake."""
    for option, name in (
        ("--limit", "limit"),
        ("--seed", "seed"),
        ("--max-wait", "max_wait"),
        ("--max-cost", "max_cost"),
    ):
        for value in (RANGES[name].low, RANGES[name].high):
            written = f"{value:.0f}" if RANGES[name].whole else str(value)
            assert told("run", option, written, "--dry-run", "--sample", "2")[0] in (0, 2), option
