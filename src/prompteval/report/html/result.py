"""The tables of one result."""

from collections.abc import Iterator

from prompteval.report.format import MARKS, count_parts
from prompteval.report.html.markup import safe, table
from prompteval.report.tables import tables
from prompteval.report.view import ResultView


def result_section(result: ResultView) -> Iterator[str]:
    """Counts, metrics, gates, classes, slices: everything but the cases."""
    yield f"<section><h2>{safe(result.suite)} · {safe(result.shown_prompt)} · {safe(result.model)}</h2>\n"
    yield f'<p class="dim">{safe(_counts(result))}</p>\n'
    yield f'<p class="dim"><code>{safe(result.fingerprint)}</code></p>\n'
    for note in result.notes:
        yield f"<p>note: {safe(note)}</p>\n"
    yield from _gates(result)
    for found in tables(result, full=True):
        yield from table(found)
    yield "</section>\n"


def _counts(result: ResultView) -> str:
    latency = result.timing["latency_ms"]
    times = [f"{name} {value:.0f} ms" for name, value in latency.items() if value is not None]
    return ", ".join([*count_parts(result), *times])


def _gates(result: ResultView) -> Iterator[str]:
    if result.gates:
        yield '<ul class="gates">'
        for gate in result.gates:
            mark = f'<strong class="{gate.verdict.value}">{MARKS[gate.verdict]}</strong>'
            detail = f'<span class="dim">{safe(gate.detail)}</span>'
            yield f"<li>{mark} <code>{safe(gate.rule)}</code> {detail}</li>\n"
        yield "</ul>\n"
