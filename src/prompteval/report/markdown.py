"""The run as Markdown, for a job summary or a pull request."""

import html
import re
from collections.abc import Iterator, Mapping

from prompteval.core.text import printable
from prompteval.core.verdict import Estimate
from prompteval.report.format import BIN_HEADS, MARKS, bin_cells, bin_title, interval, number, scored
from prompteval.report.view import ResultView, RunView

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|<>~])")
WORST_SHOWN = 10


def render(view: RunView) -> Iterator[str]:
    """Tables of metrics, slices, references and gates, and the first failing cases."""
    yield f"## prompteval: {view.verdict.value}\n\n{safe(view.reason)}\n\n"
    for result in view.results:
        yield from _result(result)
    yield from _failing(view)


def safe(text: str) -> str:
    """Text that Markdown shows as it is: no markup, no HTML, no link, no control character."""
    flat = " ".join(printable(text).split())
    return _SPECIAL.sub(r"\\\1", html.escape(flat, quote=False)).replace("://", ":\u200b//")


def _result(result: ResultView) -> Iterator[str]:
    cases = result.cases
    yield f"### {safe(result.title)}\n\n"
    yield (
        f"{cases['scored']}/{cases['total']} scored, {cases['errors']} errors, "
        f"{cases['invalid']} invalid, {cases['skipped']} skipped\n\n"
    )
    yield "| metric | value | 95 % interval | scored |\n|---|---|---|---|\n"
    yield from _estimates("", result.metrics)
    for name, estimates in result.references.items():
        yield from _estimates(f"{name}: ", estimates)
    yield "\n"
    for table in result.reliability:
        yield f"{safe(bin_title(table))}\n\n| {' | '.join(BIN_HEADS)} |\n|---|---|---|---|---|\n"
        yield from (f"| {' | '.join(bin_cells(line))} |\n" for line in table.lines)
        yield "\n"
    for tag, values in result.slices.items():
        yield f"| {safe(tag)} | metric | value | 95 % interval | scored |\n|---|---|---|---|---|\n"
        for value, found in values.items():
            for name, e in found.items():
                yield f"| {safe(value)} | {safe(name)} | {number(e.value)} | {interval(e)} | {scored(e)} |\n"
        yield "\n"
    if result.gates:
        yield "| gate | verdict | detail |\n|---|---|---|\n"
        for gate in result.gates:
            yield f"| {safe(gate.rule)} | {MARKS[gate.verdict]} | {safe(gate.detail)} |\n"
        yield "\n"


def _estimates(prefix: str, estimates: Mapping[str, Estimate]) -> Iterator[str]:
    for name, e in estimates.items():
        yield f"| {safe(prefix + name)} | {number(e.value)} | {safe(interval(e))} | {scored(e)} |\n"


def _failing(view: RunView) -> Iterator[str]:
    shown = 0
    for row in view.rows():
        score = row.scores[0] if row.scores else None
        if row.observation.outcome == "ok" and (score is None or score.value is None or score.value >= 1):
            continue
        if shown == 0:
            yield "<details><summary>First failing cases</summary>\n\n"
            yield "| case | outcome | output |\n|---|---|---|\n"
        text = safe(row.observation.text[:200])
        yield f"| {safe(row.suite)} {safe(row.case.id)} | {row.observation.outcome} | {text} |\n"
        shown += 1
        if shown == WORST_SHOWN:
            break
    if shown:
        yield "\n</details>\n"
