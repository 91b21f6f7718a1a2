"""The run as tables for a terminal."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from prompteval.core.text import one_line, printable
from prompteval.report.format import MARKS, count_parts
from prompteval.report.result_view import ResultView
from prompteval.report.table import Table
from prompteval.report.tables import only_in_full, tables
from prompteval.report.view import RunView

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {"pass": "green", "fail": "red", "inconclusive": "yellow", "incomplete": "magenta"}


def show(view: RunView, console: "Console", *, verbose: bool) -> None:
    """Print every result to a console; colour and width are the console's."""
    for result in view.results:
        _show_result(result, console, verbose=verbose)


def _show_result(result: ResultView, console: "Console", *, verbose: bool) -> None:
    from rich.text import Text

    cases = result.cases
    console.print()
    console.rule(Text(printable(one_line(result.title)), style="bold"), align="left")
    console.print(", ".join(count_parts(result)), highlight=False)
    for note in result.notes:
        console.print(f"note: {printable(note)}", markup=False, highlight=False)
    if cases["errors"] and not cases["scored"] + cases["invalid"]:
        message = (
            "no call gave an answer, so there is nothing to measure; `prompteval run --resume` calls again"
        )
        console.print(message, markup=False, highlight=False)
        return
    for found in tables(result, full=verbose):
        table(console, found)
    if not verbose and (more := only_in_full(result)):
        console.print(f"-v shows {', '.join(more)}", style="dim", highlight=False)
    _gates(result, console)


def table(console: "Console", found: Table, *, styles: Callable[[str], str] = lambda cell: "") -> None:
    """Print a table below its title; `styles` gives a cell's style by its text.

    Where the console is too narrow for the longest word of each column, each row is a block of its own.
    """
    from rich import box
    from rich.table import Table as Grid
    from rich.text import Text

    if found.title:
        console.print(printable(found.title), markup=False, highlight=False)
    if not found.rows:
        return
    if _narrowest(found) > console.width:
        _blocks(console, found, styles)
        return
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False)
    for index, head in enumerate(found.heads):
        side: Literal["left", "right"] = "left" if index < found.texts else "right"
        grid.add_column(Text(printable(head)), justify=side, overflow="fold")
    for row in found.rows:
        grid.add_row(*(Text(printable(cell), style=styles(cell)) for cell in row))
    console.print(grid)


def _narrowest(found: Table) -> int:
    """The columns of a terminal that a table takes at least without a break inside a word."""
    from rich.cells import cell_len

    columns = zip(found.heads, *found.rows, strict=True)
    words = [max(cell_len(word) for cell in column for word in (*cell.split(), "")) for column in columns]
    return sum(words) + 3 * (len(words) - 1) + 2


def _blocks(console: "Console", found: Table, styles: Callable[[str], str]) -> None:
    """Each row below its words, with `head value` of each other cell that is not empty, side by side."""
    from rich.text import Text

    for cells in found.rows:
        words, values = cells[: found.texts], cells[found.texts :]
        console.print(
            Text("  ").join(Text(printable(word), style=styles(word)) for word in words if word.strip())
        )
        line = Text()
        for head, cell in zip(found.heads[found.texts :], values, strict=True):
            if not cell.strip():
                continue
            pair = Text.assemble((printable(head), "dim"), " ", (printable(cell), styles(cell)))
            if line and line.cell_len + pair.cell_len + 3 > console.width:
                console.print(line)
                line = Text()
            line = line + ("   " if line else "  ") + pair
        if line:
            console.print(line)
    console.print()


def _gates(result: ResultView, console: "Console") -> None:
    from rich.text import Text

    for gate in result.gates:
        mark = Text(MARKS[gate.verdict], style=_STYLES[gate.verdict.value])
        rule, detail = Text(printable(gate.rule)), Text(printable(f"({gate.detail})"), style="dim")
        console.print(mark, rule, detail, soft_wrap=True)
