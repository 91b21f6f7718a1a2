"""The run as Markdown, for a job summary or a pull request."""

from collections.abc import Iterator, Mapping

from prompteval.core.observation import CaseVerdict, Row, row_verdict
from prompteval.core.text import counted
from prompteval.core.verdict import Estimate
from prompteval.report.case import failure_reason
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
    stable,
    wavered,
)
from prompteval.report.one_case.markdown import case_list
from prompteval.report.one_case.view import case_view
from prompteval.report.plain_markdown import safe
from prompteval.report.rag_tables import tables
from prompteval.report.rag_view import RagView
from prompteval.report.view import ResultView, RunView

WORST_SHOWN = 10


def render(view: RunView) -> Iterator[str]:
    """Tables of metrics, slices, references and gates, and the first failing cases in full.

    Example: `prompteval run -o report.md`
    """
    yield f"## prompteval: {view.verdict.value}\n\n{safe(view.reason)}\n\n"
    for result in view.results:
        yield from _result(result)
    yield from _failing(view)


def _result(result: ResultView) -> Iterator[str]:
    cases = result.cases
    yield f"### {safe(result.title)}\n\n"
    yield (
        f"{cases['scored']}/{cases['total']} scored, {cases['errors']} errors, "
        f"{cases['invalid']} invalid, {cases['skipped']} skipped\n\n"
    )
    yield from (f"{safe(note)}\n\n" for note in result.notes)
    repeated = any(estimate.repeated for estimate in result.metrics.values())
    yield f"| metric | value | 95 % interval | scored |{' stable |' if repeated else ''}\n"
    yield f"|---|---|---|---|{'---|' if repeated else ''}\n"
    yield from _estimates("", result.metrics, repeated)
    for name, estimates in result.references.items():
        yield from _estimates(f"{name}: ", estimates, repeated)
    yield "\n"
    yield from _flaky(result)
    for table in result.reliability:
        yield f"{safe(bin_title(table))}\n\n| {' | '.join(BIN_HEADS)} |\n|---|---|---|---|---|\n"
        yield from (f"| {' | '.join(bin_cells(line))} |\n" for line in table.lines)
        yield "\n"
    if result.rag is not None:
        yield from _rag_tables(result.rag)
    for tag, values in result.slices.items():
        yield f"| {safe(tag)} | metric | value | 95 % interval | scored |\n|---|---|---|---|---|\n"
        for value, found in values.items():
            for name, e in found.items():
                cells = (safe(value), safe(name), number(e.value), safe(interval(e)), scored(e))
                yield f"| {' | '.join(cells)} |\n"
        yield "\n"
    if result.gates:
        yield "| gate | verdict | detail |\n|---|---|---|\n"
        for gate in result.gates:
            yield f"| {safe(gate.rule)} | {MARKS[gate.verdict]} | {safe(gate.detail)} |\n"
        yield "\n"


def _rag_tables(view: RagView) -> Iterator[str]:
    for found in tables(view, verbose=True):
        yield f"{safe(found.title)}\n\n| {' | '.join(found.heads)} |\n|{'---|' * len(found.heads)}\n"
        yield from (f"| {' | '.join(map(safe, row))} |\n" for row in found.rows)
        yield "\n"


def _estimates(prefix: str, estimates: Mapping[str, Estimate], repeated: bool) -> Iterator[str]:
    for name, e in estimates.items():
        more = f" {stable(e)} |" if repeated else ""
        yield f"| {safe(prefix + name)} | {number(e.value)} | {safe(interval(e))} | {scored(e)} |{more}\n"


def _flaky(result: ResultView) -> Iterator[str]:
    """The cases whose repeats disagree, those that waver most first."""
    if not result.flaky:
        return
    yield f"| flaky: {counted(len(result.flaky), 'case')} | repeats |\n|---|---|\n"
    for case in flaky_first(result.flaky)[:FLAKY_SHOWN]:
        yield f"| {safe(case.case_id)} | {wavered(case)} |\n"
    more = len(result.flaky) - FLAKY_SHOWN
    yield f"| and {more:,} more | |\n\n" if more > 0 else "\n"


def _failing(view: RunView) -> Iterator[str]:
    shown: list[Row] = []
    for row in view.rows():
        verdict = row_verdict(row)
        if verdict is CaseVerdict.PASS:
            continue
        if not shown:
            yield "<details><summary>First failing cases</summary>\n\n"
            yield "| case | verdict | why | output |\n|---|---|---|---|\n"
        text = safe(row.observation.text[:200])
        why = safe(failure_reason(row)[:200])
        yield f"| {safe(row.suite)} {safe(row.case.id)} | {verdict.value} | {why} | {text} |\n"
        shown.append(row)
        if len(shown) == WORST_SHOWN:
            break
    if shown:
        yield "\n"
        for row in shown:
            yield from case_list(case_view(row))
        yield "</details>\n"
