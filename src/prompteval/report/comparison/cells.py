"""Numbers and words of a comparison that the terminal and Markdown show alike."""

from collections.abc import Iterator, Mapping

from prompteval.core.text import counted
from prompteval.core.verdict import Comparison, ComparisonVerdict
from prompteval.report.comparison.view import ComparedResult, ComparisonView
from prompteval.report.format import number, signed

HEADS = ("metric", "A", "B", "B − A", "95 % interval", "p", "adjusted", "detectable", "verdict")
SLICE_HEADS = ("slice", "cases", "A", "B", "B − A", "95 % interval", "adjusted p", "verdict")
MARKS = {
    ComparisonVerdict.IMPROVED: "↑ improved",
    ComparisonVerdict.NOT_WORSE: "✓ not worse",
    ComparisonVerdict.INCONCLUSIVE: "? inconclusive",
    ComparisonVerdict.REGRESSED: "✗ regressed",
    ComparisonVerdict.INCOMPLETE: "! incomplete",
}
CHANGES_SHOWN = 10
_UNITS = {"latency_ms.p50": ("latency p50", "ms", 0), "latency_ms.p95": ("latency p95", "ms", 0),
          "prompt_tokens": ("prompt tokens", "", 0), "completion_tokens": ("completion tokens", "", 0),
          "cost_usd": ("paid", "USD", 4)}  # fmt: skip


def metric_cells(name: str, found: Comparison, *, decides: bool) -> list[str]:
    """A metric's line, with a star where it decides."""
    title = f"{name} *" if decides else name
    if found.delta is None:
        return [title, number(found.a), number(found.b), *["–"] * 5, found.reason or MARKS[found.verdict]]
    tail = [probability(found.p), probability(found.p_adjusted), number(found.mde)]
    return [title, *_values(found, found.delta), *tail, MARKS[found.verdict]]


def slice_cells(name: str, found: Comparison) -> list[str]:
    """A slice's line."""
    if found.delta is None:
        return [name, str(found.pairs), number(found.a), number(found.b), "–", "–", "–", found.reason]
    values = _values(found, found.delta)
    return [name, str(found.pairs), *values, probability(found.p_adjusted), MARKS[found.verdict]]


def _values(found: Comparison, delta: float) -> list[str]:
    ends = found.reason or "–"
    if found.low is not None and found.high is not None:
        ends = f"[{signed(found.low)}, {signed(found.high)}]"
    return [number(found.a), number(found.b), signed(delta), ends]


def probability(value: float | None) -> str:
    """Three decimals; very small ones by their size."""
    if value is None:
        return "–"
    return f"{value:.3f}" if value >= 0.001 else f"{value:.0e}"


def slice_lines(result: ComparedResult, metric: str) -> Iterator[list[str]]:
    """Every slice, of one of the metrics that decide."""
    for tag, values in result.slices.items():
        for value, metrics in values.items():
            yield slice_cells(f"{tag}={value}", metrics[metric])


def summary_lines(result: ComparedResult) -> Iterator[str]:
    """What stands below a result's title: its cases, what else differs, what the sides used."""
    parts = [f"{counted(result.paired, 'case')} paired"]
    for ids, what in (
        (result.only_a, "only in A"),
        (result.only_b, "only in B"),
        (result.changed_cases, "changed and not paired"),
        (result.errors, "failed"),
    ):
        if ids:
            parts.append(f"{len(ids):,} {what} ({_some(ids)})")
    yield ", ".join(parts)
    spent = list(_spent(result.spent))
    if spent:
        yield ", ".join(spent)
    yield from (f"note: {note}" for note in result.notes)


def _some(ids: tuple[str, ...]) -> str:
    return ", ".join(ids[:5]) + (", …" if len(ids) > 5 else "")


def _spent(values: Mapping[str, tuple[float | None, float | None]]) -> Iterator[str]:
    for name, (a, b) in values.items():
        if a is None or b is None or a == b == 0:
            continue
        title, unit, digits = _UNITS[name]
        share = f" ({(b - a) / a:+.0%})" if a > 0 and b != a else ""
        yield f"{title} {a:,.{digits}f} → {b:,.{digits}f}{f' {unit}' if unit else ''}{share}"


def beside(view: ComparisonView) -> Iterator[str]:
    """What was not compared: the same on both sides, or on one only."""
    if view.unchanged:
        yield f"unchanged, not run: {', '.join(view.unchanged)}"
    for names, side in ((view.alone_a, view.a), (view.alone_b, view.b)):
        if names:
            yield f"only in {side}: {', '.join(names)}"
