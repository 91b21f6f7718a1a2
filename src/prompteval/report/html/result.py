"""The tables of one result."""

from collections.abc import Iterator, Mapping

from prompteval.core.text import counted
from prompteval.core.verdict import Estimate
from prompteval.report.format import (
    BIN_HEADS,
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
from prompteval.report.html.markup import bar, safe, table
from prompteval.report.rag_tables import tables as rag_tables
from prompteval.report.view import ResultView

FLAKY_SHOWN = 50


def result_section(result: ResultView) -> Iterator[str]:
    """Counts, metrics, gates, classes, slices: everything but the cases."""
    yield f"<section><h2>{safe(result.suite)} · {safe(result.shown_prompt)} · {safe(result.model)}</h2>\n"
    yield f'<p class="dim">{safe(_counts(result))}</p>\n'
    yield f'<p class="dim"><code>{safe(result.fingerprint)}</code></p>\n'
    for note in result.notes:
        yield f"<p>note: {safe(note)}</p>\n"
    yield from _gates(result)
    yield from _metrics(result)
    yield from _classes(result)
    yield from _confusion(result)
    for bins in result.reliability:
        rows = ([safe(cell) for cell in bin_cells(line)] for line in bins.lines)
        yield from table(BIN_HEADS, rows, caption=bin_title(bins))
    if result.rag is not None:
        for found in rag_tables(result.rag, verbose=True):
            rows = ([safe(cell) for cell in line] for line in found.rows)
            yield from table(found.heads, rows, caption=found.title, texts=found.texts)
    yield from _slices(result)
    yield from _flaky(result)
    yield "</section>\n"


def _counts(result: ResultView) -> str:
    cases = result.cases
    parts = [f"{cases['scored']}/{cases['total']} scored"]
    parts += [f"{cases[name]} {name}" for name in ("errors", "invalid", "skipped") if cases[name]]
    parts += [f"{result.usage['cached']} cached", *spent(result.usage), f"{result.timing['wall_s']:.1f} s"]
    latency = result.timing["latency_ms"]
    parts += [f"{name} {value:.0f} ms" for name, value in latency.items() if value is not None]
    return ", ".join(parts)


def _gates(result: ResultView) -> Iterator[str]:
    if result.gates:
        yield '<ul class="gates">'
        for gate in result.gates:
            mark = f'<strong class="{gate.verdict.value}">{MARKS[gate.verdict]}</strong>'
            detail = f'<span class="dim">{safe(gate.detail)}</span>'
            yield f"<li>{mark} <code>{safe(gate.rule)}</code> {detail}</li>\n"
        yield "</ul>\n"


def _metrics(result: ResultView) -> Iterator[str]:
    repeated = any(estimate.repeated for estimate in result.metrics.values())
    heads = ["metric", "value", "", "95 % interval", "scored", *(["stable"] if repeated else [])]
    rows = list(_lines("", result.metrics, repeated))
    for name, estimates in result.references.items():
        rows += _lines(f"{name}: ", estimates, repeated)
    if rows:
        yield from table(heads, rows)


def _lines(prefix: str, estimates: Mapping[str, Estimate], repeated: bool) -> Iterator[list[str]]:
    for name, e in estimates.items():
        last = [stable(e)] if repeated else []
        yield [
            safe(prefix + name),
            number(e.value),
            bar(e.low, e.value, e.high),
            safe(interval(e)),
            scored(e),
            *last,
        ]


def _classes(result: ResultView) -> Iterator[str]:
    if result.per_class:
        rows = (
            [
                safe(line.label),
                number(line.precision),
                number(line.recall),
                number(line.f1),
                str(line.support),
            ]
            for line in result.per_class
        )
        yield from table(["class", "precision", "recall", "F1", "cases"], rows)


def _confusion(result: ResultView) -> Iterator[str]:
    if not result.confusion:
        return
    labels = [str(label) for label in result.confusion["labels"]]
    rows = (
        [safe(label), *(_heat(count, sum(counts)) for count in counts)]
        for label, counts in zip(labels, result.confusion["counts"], strict=True)
    )
    yield from table(["", *labels, "none"], rows, caption="expected (rows) by predicted (columns)")


def _heat(count: int, total: int) -> str:
    """A count, the darker the larger its share of the row."""
    return f'<span class="h{min(4, 1 + int(4 * count / total))}">{count}</span>' if count else "0"


def _slices(result: ResultView) -> Iterator[str]:
    for tag, values in result.slices.items():
        rows = (
            [
                safe(value),
                safe(name),
                number(e.value),
                bar(e.low, e.value, e.high),
                safe(interval(e)),
                scored(e),
            ]
            for value, found in values.items()
            for name, e in found.items()
        )
        yield from table([tag, "metric", "value", "", "95 % interval", "scored"], rows, texts=2)


def _flaky(result: ResultView) -> Iterator[str]:
    if result.flaky:
        shown = flaky_first(result.flaky)[:FLAKY_SHOWN]
        caption = f"flaky: {counted(len(result.flaky), 'case')}" + (
            f", {len(shown)} shown" if len(shown) < len(result.flaky) else ""
        )
        yield from table(
            ["case", "repeats"], ([safe(c.case_id), safe(wavered(c))] for c in shown), caption=caption
        )
