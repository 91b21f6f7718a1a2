"""The comparison as tables for a terminal."""

from typing import TYPE_CHECKING

from prompteval.core.text import one_line, printable
from prompteval.core.verdict import ComparisonVerdict
from prompteval.report.comparison.cells import (
    CHANGES_SHOWN,
    HEADS,
    MARKS,
    SLICE_HEADS,
    beside,
    metric_cells,
    slice_lines,
    summary_lines,
)
from prompteval.report.comparison.diff import changed_words
from prompteval.report.comparison.view import Change, ComparedResult, ComparisonView
from prompteval.report.table import Table
from prompteval.report.terminal import table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_STYLES = {
    ComparisonVerdict.IMPROVED: "green",
    ComparisonVerdict.NOT_WORSE: "green",
    ComparisonVerdict.INCONCLUSIVE: "yellow",
    ComparisonVerdict.REGRESSED: "red",
    ComparisonVerdict.INCOMPLETE: "magenta",
}
PART_SHOWN = 160
_SPARE = ("p", "detectable")  # the sentence below the table says what could be found
_PARTS = {"same": "", "gone": "red strike", "new": "green", "turned": "bold"}
_PLAIN = {"same": "{}", "gone": "[-{}-]", "new": "{{+{}+}}", "turned": "{}"}


def show(view: ComparisonView, console: "Console", *, verbose: bool) -> None:
    """Print every pair to a console; colour and width are the console's."""
    console.print(f"A: {printable(view.a)}    B: {printable(view.b)}", markup=False, highlight=False)
    for line in beside(view):
        console.print(printable(line), markup=False, highlight=False)
    for result in view.results:
        _show_result(result, console, verbose=verbose)


def _show_result(result: ComparedResult, console: "Console", *, verbose: bool) -> None:
    from rich.text import Text

    console.print()
    console.rule(Text(printable(one_line(result.title)), style="bold"), align="left")
    for line in summary_lines(result):
        console.print(printable(line), markup=False, highlight=False)
    lines = [
        metric_cells(name, found, decides=name in result.primary) for name, found in result.metrics.items()
    ]
    table(console, Table("", *fitting(list(HEADS), lines, console.width)), styles=_styles)
    for metric in result.primary if verbose else result.primary[:1]:
        slices = list(slice_lines(result, metric))
        if slices:
            title = f"slices of {metric}: shown, not deciding"
            table(console, Table(title, SLICE_HEADS, slices), styles=_styles)
    if result.slices and len(result.primary) > 1 and not verbose:
        console.print("-v shows the slices of the other metrics", style="dim")
    for name, ids in (("broken", result.broken), ("fixed", result.fixed)):
        _show_changes(result, name, ids, console, verbose=verbose)


def fitting(heads: list[str], rows: list[list[str]], width: int) -> tuple[list[str], list[list[str]]]:
    """Heads and rows without the columns that a narrow terminal has no room for; JSON has them all."""
    for spare in _SPARE:
        widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
        if sum(widths) + 3 * len(widths) - 1 <= width:
            break
        place = heads.index(spare)
        heads, rows = [*heads[:place], *heads[place + 1 :]], [[*r[:place], *r[place + 1 :]] for r in rows]
    if "p" not in heads:
        heads = ["adjusted p" if head == "adjusted" else head for head in heads]
    return heads, rows


def _styles(cell: str) -> str:
    return next((_STYLES[verdict] for verdict, mark in MARKS.items() if mark == cell), "")


def _show_changes(
    result: ComparedResult, name: str, ids: tuple[str, ...], console: "Console", *, verbose: bool
) -> None:
    """The cases that passed on one side only, each with what its output became."""
    if not ids:
        return
    console.print(f"{name}: {len(ids):,} {'case' if len(ids) == 1 else 'cases'}", style="bold")
    shown = ids if verbose else ids[:CHANGES_SHOWN]
    for change in result.changes(shown):
        coloured = console.color_system is not None
        console.print(_change(change, coloured=coloured, longest=None if verbose else PART_SHOWN))
    if len(shown) < len(ids):
        console.print(f"  … {len(ids) - len(shown):,} more; -v shows all", style="dim", highlight=False)


def _change(change: Change, *, coloured: bool, longest: int | None) -> "Text":
    """A changed case; parts longer than `longest` characters are cut."""
    from rich.text import Text

    line = Text(f"  {printable(change.case_id)}: ")
    for kind, text in changed_words(change.before, change.after):
        shown = _cut(" ".join(printable(text).split("\n")), longest)
        line.append(shown if coloured else _PLAIN[kind].format(shown), style=_PARTS[kind])
    return line


def _cut(text: str, longest: int | None) -> str:
    return text if longest is None or len(text) <= longest else f"{text[: longest - 1]}…"
