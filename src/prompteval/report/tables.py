"""The tables of one result, alike for the terminal, the page and Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prompteval.core.text import counted
from prompteval.core.verdict import Estimate
from prompteval.report.format import (
    BIN_HEADS,
    bin_cells,
    bin_title,
    flaky_first,
    interval,
    number,
    scored,
    stable,
    wavered,
)
from prompteval.report.rag_tables import rag_tables
from prompteval.report.result_view import ResultView
from prompteval.report.table import Table

# How many flaky cases a table names, shortly and in full; JSON has them all.
FLAKY_SHOWN = 10
FLAKY_SHOWN_IN_FULL = 50
# Of more shards than this the full report shows those that cost, or asked, most; JSON has them all.
SHARDS_SHOWN = 50
# Of more metrics than this a short report shows those that a gate reads.
METRICS_SHOWN = 10


def tables(result: ResultView, *, full: bool) -> Iterator[Table]:
    """Each table that says something, in the order in which it is read.

    In full there are the classes by what was predicted for them, every metric with its slices, what each
    stage of retrieval costs, and what each shard used.
    """
    if result.metrics or result.references:
        yield _metrics(result, list(result.metrics) if full else _shown(result))
    if result.per_class:
        yield _classes(result)
    if result.confusion and full:
        yield _confusion(result)
    for bins in result.reliability:
        yield Table(bin_title(bins), BIN_HEADS, [bin_cells(line) for line in bins.lines])
    if result.rag is not None:
        yield from rag_tables(result.rag, full=full)
    if result.flaky:
        yield _flaky(result, FLAKY_SHOWN_IN_FULL if full else FLAKY_SHOWN)
    if full and result.usage.get("shards"):
        yield _shards(result.usage["shards"])
    if full:
        yield from _slices_by_tag(result)
    elif result.slices:
        yield _slices_of(result, _gated(result))


def only_in_full(result: ResultView) -> list[str]:
    """What only the full report shows, in words."""
    hidden = len(result.metrics) - len(_shown(result))
    found = [counted(hidden, "more metric")] if hidden else []
    if result.rag is not None and result.rag.losses:
        found.append("what each stage costs")
    if result.usage.get("shards"):
        found.append("what each shard used")
    if len(_tags(result)) < len(result.slices):
        found.append("more slices")
    elif result.slices and len(result.metrics) > len(_gated(result)):
        found.append("the slices of the other metrics")
    return found


def _shown(result: ResultView) -> list[str]:
    """The metrics of a short report."""
    names = list(result.metrics)
    if len(names) <= METRICS_SHOWN:
        return names
    read = [name for name in names if _read_by_any([gate.rule for gate in result.gates], name)]
    return read or names[:METRICS_SHOWN]


def _tags(result: ResultView) -> list[str]:
    """The tags whose slices a gate reads, else all."""
    rules = [gate.rule for gate in result.gates]
    return [tag for tag in result.slices if any(_is_on(rule, tag) for rule in rules)] or list(result.slices)


def _is_on(rule: str, tag: str) -> bool:
    return rule.startswith((f"slice({tag})", f"slice({tag}="))


def _metrics(result: ResultView, names: Sequence[str]) -> Table:
    """Metrics, and below them those of each reference."""
    lines = [(name, result.metrics[name]) for name in names]
    for reference, estimates in result.references.items():
        lines += [(f"  {reference}: {name}", estimates[name]) for name in estimates if name in names]
    heads: list[str] = ["metric", *_HEADS]
    rows = [[name, *_cells(estimate, result.not_run)] for name, estimate in lines]
    if any(estimate.repeated for estimate in result.metrics.values()):
        heads.append("stable")
        rows = [[*row, stable(estimate)] for row, (_, estimate) in zip(rows, lines, strict=True)]
    return Table("", heads, rows, estimates=[estimate for _, estimate in lines])


_HEADS = ("value", "95 % interval", "scored")


def _cells(estimate: Estimate, not_run: int = 0) -> list[str]:
    return [number(estimate.value), interval(estimate), scored(estimate, not_run)]


def _classes(result: ResultView) -> Table:
    rows = [
        [line.label, number(line.precision), number(line.recall), number(line.f1), str(line.support)]
        for line in result.per_class
    ]
    return Table("", ("class", "precision", "recall", "F1", "cases"), rows)


def _confusion(result: ResultView) -> Table:
    labels = [str(label) for label in result.confusion["labels"]]
    counts: Sequence[Sequence[int]] = result.confusion["counts"]
    rows = [[label, *map(str, line)] for label, line in zip(labels, counts, strict=True)]
    return Table("expected (rows) by predicted (columns)", ("", *labels, "none"), rows, counts=counts)


def _flaky(result: ResultView, most: int) -> Table:
    """The cases whose repeats disagree, those that waver most first."""
    rows = [[case.case_id, wavered(case)] for case in flaky_first(result.flaky)[:most]]
    title = f"flaky: {counted(len(result.flaky), 'case')}"
    if len(rows) < len(result.flaky):
        title += f", {len(rows)} shown; JSON has them all"
    return Table(title, ("case", "repeats"), rows)


def _shards(used: Mapping[str, Mapping[str, Any]]) -> Table:
    """What each shard used; of too many, those that cost or asked most, in the order of their numbers."""
    dearest = sorted(used, key=lambda name: (-(used[name]["cost_usd"] or 0.0), -used[name]["requests"]))
    shown = set(dearest[:SHARDS_SHOWN])
    rows = [
        [name, *(f"{one[key]:,}" for key in ("cases", "errors", "requests", "attempts", "cached")), _usd(one)]
        for name, one in used.items()
        if name in shown
    ]
    title = counted(len(used), "shard")
    if len(rows) < len(used):
        title += f", the {len(rows)} that cost most shown; JSON has them all"
    return Table(title, ("shard", "cases", "errors", "calls", "attempts", "cached", "USD"), rows)


def _usd(one: Mapping[str, Any]) -> str:
    return "–" if one["cost_usd"] is None else f"{one['cost_usd']:.4f}"


def _slices_by_tag(result: ResultView) -> Iterator[Table]:
    """A table for each tag, of every metric."""
    for tag, values in result.slices.items():
        found = [(value, name, e) for value, metrics in values.items() for name, e in metrics.items()]
        rows = [[value, name, *_cells(e)] for value, name, e in found]
        yield Table("", (tag, "metric", *_HEADS), rows, texts=2, estimates=[e for _, _, e in found])


def _slices_of(result: ResultView, names: Sequence[str]) -> Table:
    """One table over the tags that decide, of some metrics."""
    found = [
        (f"{tag}={value}", name, metrics[name])
        for name in names
        for tag in _tags(result)
        for value, metrics in result.slices[tag].items()
    ]
    rows = [[tag, name, *_cells(e)] for tag, name, e in found]
    return Table("", ("slice", "metric", *_HEADS), rows, texts=2, estimates=[e for _, _, e in found])


def _gated(result: ResultView) -> list[str]:
    """The metrics whose slices are gated, else the first that gates, else the first."""
    rules = [gate.rule for gate in result.gates]
    of_slices = [rule for rule in rules if rule.startswith("slice(")]
    gated = [name for name in result.metrics if _read_by_any(of_slices, name)]
    gating = [name for name in result.metrics if _read_by_any(rules, name)]
    return gated or gating[:1] or list(result.metrics)[:1]


def _read_by_any(rules: Sequence[str], metric: str) -> bool:
    return any(_reads(rule, metric) for rule in rules)


def _reads(rule: str, metric: str) -> bool:
    """Whether a rule is about a metric: `f1` is not read by a rule on `f1(average=macro)`."""
    start = rule.find(metric)
    return start >= 0 and (rule[start + len(metric) :] + " ")[0] in " .,)" and (" " + rule)[start] in " .=("
