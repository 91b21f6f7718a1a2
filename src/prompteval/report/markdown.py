"""The run as Markdown, for a job summary or a pull request."""

from collections.abc import Iterator

from prompteval.core.observation import CaseVerdict, Row, row_verdict
from prompteval.report.case import failure_reason, output_text
from prompteval.report.format import MARKS, count_parts
from prompteval.report.one_case.markdown import case_list
from prompteval.report.one_case.view import case_view
from prompteval.report.plain_markdown import safe, table
from prompteval.report.result_view import ResultView
from prompteval.report.table import Table
from prompteval.report.tables import tables
from prompteval.report.view import RunView

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
    yield f"### {safe(result.title)}\n\n"
    yield f"{safe(', '.join(count_parts(result)))}\n\n"
    yield from (f"{safe(note)}\n\n" for note in result.notes)
    for found in tables(result, full=True):
        if not found.counts:  # the square of a hundred labels is more than a comment may hold
            yield from table(found)
    if result.gates:
        gates = [[gate.rule, MARKS[gate.verdict], gate.detail] for gate in result.gates]
        yield from table(Table("", ("gate", "verdict", "detail"), gates))


def _failing(view: RunView) -> Iterator[str]:
    shown: list[Row] = []
    for row in view.rows():
        verdict = row_verdict(row)
        if verdict is CaseVerdict.PASS:
            continue
        if not shown:
            yield "<details><summary>First failing cases</summary>\n\n"
            yield "| case | verdict | why | output |\n|---|---|---|---|\n"
        text = safe(output_text(row.observation)[:200])
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
