"""One printer: no other code writes to the terminal, and nothing goes around it."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import prompteval
from prompteval.cli import printer

PACKAGE = Path(prompteval.__file__).parent
# The printer itself; the worker's pipe to its parent; the fake server, a program of its own; the supervisor, which
# flushes before it forks and writes nothing.
OWN = {
    "cli/printer.py", "cli/plain_stream.py", "cli/console.py", "isolate/child.py", "testing/serve.py",
    "serve/supervisor.py",
}  # fmt: skip
FORBIDDEN = {
    "print", "Console", "sys.stdout", "sys.stderr", "sys.__stdout__", "sys.__stderr__", "typer.echo",
    "typer.secho", "click.echo", "rich.print", "traceback.print_exc",
}  # fmt: skip


def uses(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, name) of every call of a plain name, and of every attribute of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.lineno, node.func.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield node.lineno, f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and node.module in ("sys", "typer", "click", "rich"):
            yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)


def test_s37_nothing_but_the_printer_writes_to_the_terminal() -> None:
    """Read from the syntax trees of the whole package."""
    found = [
        f"{path}:{line} {name}"
        for file in PACKAGE.rglob("*.py")
        if (path := file.relative_to(PACKAGE).as_posix()) not in OWN
        for line, name in uses(ast.parse(file.read_text(encoding="utf-8")))
        if name in FORBIDDEN
    ]
    assert not found


@pytest.mark.parametrize("code", ["print(1)", "sys.stderr.write('')", "from sys import stdout", "Console()"])
def test_the_syntax_trees_are_read(code: str) -> None:
    """Each way to write is seen."""
    assert {name for _, name in uses(ast.parse(code))} & FORBIDDEN


def test_s37_json_stays_exact_and_holds_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    """The same values are read back; escapes and the marks of commands are written as JSON escapes."""
    value = {"a": "##vso[x] ##[error] \x1b \x7f \x9b \u202e", "::error::": ["###", "\ud800"]}
    printer.document(value)
    shown = capsys.readouterr().out
    assert json.loads(shown) == value
    assert "##" not in shown and shown.isascii() and shown.replace("\n", "").isprintable()


def test_what_other_code_prints_stays_out_of_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    """While a verb works, a module's own print goes to standard error, made plain."""
    with printer.working():
        print("\x1b[31m::error::")
        printer.line("data")
    print("after")
    assert capsys.readouterr() == ("data\nafter\n", "\\x1b[31m::error::\n")


def test_tables_show_what_looks_like_markup_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Brackets, emoji names and escapes in a cell or a heading are text."""
    from rich.text import Text

    from prompteval.report.table import Table
    from prompteval.report.terminal import table

    console = printer.console(80)
    table(console, Table("[/x]", ["[red]", ":smile:"], [["[/b]\x1b]0;t\x07", "\u202e"]]))
    console.print(Text("\x1b[2J"))
    shown = capsys.readouterr().out
    assert all(
        text in shown for text in ("[/x]", "[red]", ":smile:", "[/b]\\x1b]0;t\\x07", "\\u202e", "\\x1b[2J")
    )


def test_a_problem_is_one_line_of_bounded_length(capsys: pytest.CaptureFixture[str]) -> None:
    """New lines of any kind are joined, and a megabyte is cut with its length said."""
    printer.stderr_line("a\nb\r\nc\u2028d\x85e")
    printer.stderr_line("x" * 1_000_000)
    first, second = capsys.readouterr().err.splitlines()
    assert first == "a b c d e" and len(second) < 2_100 and "1,000,000 characters" in second
