"""JUnit XML: one test a case, named `suite::prompt@version::model::case`, repeats folded."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from prompteval.core.observation import Row
from prompteval.core.text import printable
from prompteval.report.case import case_failure, nothing_scored, output_text
from prompteval.report.result_view import ResultView
from prompteval.report.view import RunView

Key = tuple[str, str, str]


def render(view: RunView) -> Iterator[str]:
    """A JUnit document; a case fails by its verdict over all of its scores, and errs when its call failed.

    Example: `prompteval run -o report.xml`
    """
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    results = {(r.suite, r.prompt, r.model): r for r in view.results}
    counts = _counts(view, results)
    whole = sum(counts.values(), Counter[str]())
    yield f'<testsuites name="prompteval" id={_quoted(view.run_id)}{_numbers(whole)}>\n'
    for key, rows in groupby(view.rows(), key=_suite_of):
        name = "::".join(key)
        yield f"  <testsuite name={_quoted(name)}{_numbers(counts[key])}>\n"
        for _, group in groupby(rows, key=lambda row: row.case.id):
            yield _case(name, list(group))
        if key in results:
            yield from _gates(name, results[key])
        yield "  </testsuite>\n"
    yield "</testsuites>\n"


def _suite_of(row: Row) -> Key:
    return row.suite, row.target, row.model


def _counts(view: RunView, results: Mapping[Key, ResultView]) -> dict[Key, Counter[str]]:
    """How many tests each suite has, and how they ended: its opening tag tells before its cases do."""
    found: dict[Key, Counter[str]] = {}
    for key, rows in groupby(view.rows(), key=_suite_of):
        count = found.setdefault(key, Counter())
        for _, group in groupby(rows, key=lambda row: row.case.id):
            count["tests"] += 1
            count[_ending(list(group))] += 1
        for gate in results[key].gates if key in results else ():
            count["tests"] += 1
            if gate.verdict.value != "pass":
                count["skipped" if gate.verdict.value == "inconclusive" else "failures"] += 1
    return found


def _ending(rows: list[Row]) -> str:
    failed = case_failure(rows)
    if failed is None:
        return "passed" if nothing_scored(rows[0]) is None else "skipped"
    return "errors" if failed[0].observation.outcome == "error" else "failures"


def _numbers(count: Counter[str]) -> str:
    return "".join(f' {name}="{count[name]}"' for name in ("tests", "failures", "errors", "skipped"))


def _case(name: str, rows: list[Row]) -> str:
    seconds = sum(row.observation.latency_ms for row in rows) / 1000
    title = f"{name}::{rows[0].case.id}"
    head = f"    <testcase classname={_quoted(name)} name={_quoted(title)} time={_quoted(f'{seconds:.3f}')}"
    failed = case_failure(rows)
    if failed is None:
        reason = nothing_scored(rows[0])
        return (
            f"{head}/>\n" if reason is None else f"{head}><skipped message={_quoted(reason)}/></testcase>\n"
        )
    row, message = failed
    kind = "error" if row.observation.outcome == "error" else "failure"
    body = escape(_clean(output_text(row.observation)[:2000]))
    return f"{head}>\n      <{kind} message={_quoted(message)}>{body}</{kind}>\n    </testcase>\n"


def _gates(name: str, result: ResultView) -> Iterator[str]:
    for gate in result.gates:
        title = f"{name}::gate::{gate.rule}"
        head = f"    <testcase classname={_quoted(name)} name={_quoted(title)}"
        if gate.verdict.value == "pass":
            yield f"{head}/>\n"
        else:
            kind = "skipped" if gate.verdict.value == "inconclusive" else "failure"
            yield f"{head}><{kind} message={_quoted(gate.detail)}/></testcase>\n"


def _quoted(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    """Text that XML 1.0 allows and a console shows as it is: other characters are spelt out."""
    return printable(text).replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
