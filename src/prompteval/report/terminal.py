"""The run as tables for a terminal."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from prompteval.core.text import counted, one_line, printable
from prompteval.core.verdict import Estimate
from prompteval.report.format import (
    BIN_HEADS,
    FLAKY_SHOWN,
    MARKS,
    bin_cells,
    bin_title,
    flaky_first,
    interval,
    number,
    scored,
    spent,
    stable,
    wavered,
)
from prompteval.report.rag_tables import tables as rag_tables
from prompteval.report.view import ResultView, RunView

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
    parts = [f"{cases['scored']}/{cases['total']} scored"]
    parts += [f"{cases[name]} {name}" for name in ("errors", "invalid", "skipped") if cases[name]]
    usage = result.usage
    parts.append(f"{usage['cached']} cached")
    parts += spent(usage)
    parts.append(f"{result.timing['wall_s']:.1f} s")
    console.print(", ".join(parts), highlight=False)
    for note in result.notes:
        console.print(f"note: {printable(note)}", markup=False, highlight=False)
    if cases["errors"] and not cases["scored"] + cases["invalid"]:
        message = (
            "no call gave an answer, so there is nothing to measure; `prompteval run --resume` calls again"
        )
        console.print(message, markup=False, highlight=False)
        return
    _metrics(result, console)
    _flaky(result, console)
    if result.per_class:
        _per_class(result, console)
    for bins in result.reliability:
        table(console, bin_title(bins), list(BIN_HEADS), [bin_cells(line) for line in bins.lines])
    if result.rag is not None:
        for found in rag_tables(result.rag, verbose=verbose):
            console.print(found.title, markup=False, highlight=False)
            table(console, "", list(found.heads), found.rows, texts=found.texts)
    _slices(result, console, verbose=verbose)
    if verbose and result.confusion:
        _confusion(result, console)
    _gates(result, console)


def table(
    console: "Console",
    title: str,
    columns: list[str],
    rows: list[list[str]],
    *,
    styles: Callable[[str], str] = lambda cell: "",
    texts: int = 1,
) -> None:
    """Print a table, its first `texts` columns to the left; `styles` gives a cell's style by its text."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    heading = Text(printable(title)) if title else None
    grid = Table(title=heading, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for index, column in enumerate(columns):
        grid.add_column(
            Text(printable(column)), justify="left" if index < texts else "right", overflow="fold"
        )
    for row in rows:
        grid.add_row(*(Text(printable(cell), style=styles(cell)) for cell in row))
    console.print(grid)


def _metrics(result: ResultView, console: "Console") -> None:
    repeated = any(estimate.repeated for estimate in result.metrics.values())
    rows = _lines("", result.metrics, repeated)
    for name, estimates in result.references.items():
        rows += _lines(f"  {name}: ", estimates, repeated)
    if rows:
        heads = ["metric", "value", "95 % interval", "scored"]
        table(console, "", [*heads, "stable"] if repeated else heads, rows)


def _lines(prefix: str, estimates: Mapping[str, Estimate], repeated: bool) -> list[list[str]]:
    return [
        [prefix + name, number(e.value), interval(e), scored(e), *([stable(e)] if repeated else [])]
        for name, e in estimates.items()
    ]


def _flaky(result: ResultView, console: "Console") -> None:
    """The cases whose repeats disagree, those that waver most first."""
    if not result.flaky:
        return
    rows = [[case.case_id, wavered(case)] for case in flaky_first(result.flaky)[:FLAKY_SHOWN]]
    table(console, f"flaky: {counted(len(result.flaky), 'case')}", ["case", "repeats"], rows)
    if len(result.flaky) > FLAKY_SHOWN:
        more = len(result.flaky) - FLAKY_SHOWN
        console.print(f"and {more:,} more; --json lists them all", style="dim", highlight=False)


def _per_class(result: ResultView, console: "Console") -> None:
    rows = [
        [line.label, number(line.precision), number(line.recall), number(line.f1), str(line.support)]
        for line in result.per_class
    ]
    table(console, "", ["class", "precision", "recall", "F1", "cases"], rows)


def _slices(result: ResultView, console: "Console", *, verbose: bool) -> None:
    """One table over all tags: of the metrics whose slices are gated, else the first that gates, else the
    first; of every one when verbose."""
    names = list(result.metrics) if verbose else _gated(result)
    rows = [
        [f"{tag}={value}", name, number(found[name].value), interval(found[name]), scored(found[name])]
        for name in names
        for tag, values in result.slices.items()
        for value, found in values.items()
    ]
    if rows:
        table(console, "", ["slice", "metric", "value", "95 % interval", "scored"], rows)
    if len(result.metrics) > len(names) and rows:
        console.print("-v shows the slices of the other metrics", style="dim")


def _gated(result: ResultView) -> list[str]:
    rules = [gate.rule for gate in result.gates]
    of_slices = [rule for rule in rules if rule.startswith("slice(")]
    gated = [name for name in result.metrics if any(_reads(rule, name) for rule in of_slices)]
    gating = [name for name in result.metrics if any(_reads(rule, name) for rule in rules)]
    return gated or gating[:1] or list(result.metrics)[:1]


def _reads(rule: str, metric: str) -> bool:
    """Whether a rule is about a metric: `f1` is not read by a rule on `f1(average=macro)`."""
    start = rule.find(metric)
    return start >= 0 and (rule[start + len(metric) :] + " ")[0] in " .,)" and (" " + rule)[start] in " .=("


def _confusion(result: ResultView, console: "Console") -> None:
    labels = [str(label) for label in result.confusion["labels"]]
    rows = [
        [label, *(str(count) for count in counts)]
        for label, counts in zip(labels, result.confusion["counts"], strict=True)
    ]
    table(console, "expected (rows) by predicted (columns)", ["", *labels, "none"], rows)


def _gates(result: ResultView, console: "Console") -> None:
    from rich.text import Text

    for gate in result.gates:
        mark = Text(MARKS[gate.verdict], style=_STYLES[gate.verdict.value])
        rule, detail = Text(printable(gate.rule)), Text(printable(f"({gate.detail})"), style="dim")
        console.print(mark, rule, detail, soft_wrap=True)
