"""The check as one self-contained page, with small charts over time."""

from collections.abc import Iterator

from prompteval.report.monitoring.cells import (
    MARKS,
    detail_lines,
    head_lines,
    moved_table,
    reason_line,
    signal_table,
)
from prompteval.report.monitoring.charts import charts
from prompteval.report.monitoring.markup import safe, table
from prompteval.report.monitoring.style import policy, style
from prompteval.report.monitoring.view import MonitorView

_WORDS = {"quiet": "pass", "alert": "fail", "too_few": "incomplete"}


def render(view: MonitorView) -> Iterator[str]:
    """A page that works from a file: its style inside, no script, and a policy that loads nothing else."""
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy()}">\n'
    yield '<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>{safe(view.verdict)}: prompteval monitor {safe(view.log)}</title>\n"
    yield f"<style>{style()}</style></head><body><main>\n<h1>prompteval monitor</h1>\n"
    word = f'<span class="verdict {_WORDS[view.verdict]}">{MARKS[view.verdict]}</span>'
    yield f"<p>{word} {safe(reason_line(view))}</p>\n"
    for line in head_lines(view):
        yield f'<p class="dim">{safe(line)}</p>\n'
    yield from table(signal_table("", view.signals))
    yield "<ul>\n"
    for name, signal in detail_lines(view):
        yield f"<li><strong>{safe(name)}</strong> {safe(signal.detail)}</li>\n"
    yield "</ul>\n"
    yield from charts(view)
    for signal in view.signals:
        if signal.moved:
            yield from table(moved_table(signal))
    for tag, values in view.slices.items():
        yield f"<details><summary>Slices of {safe(tag)}</summary>\n"
        for value, signals in values.items():
            yield from table(signal_table(f"{tag} = {value}", signals))
        yield "</details>\n"
    yield "</main></body></html>\n"
