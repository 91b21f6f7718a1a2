"""The check as Markdown."""

from collections.abc import Iterator

from prompteval.report.monitoring.cells import detail_lines, head_lines, last_line, moved_table, signal_table
from prompteval.report.monitoring.view import MonitorView
from prompteval.report.plain_markdown import safe, table


def render(view: MonitorView) -> Iterator[str]:
    """The verdict, the table of signals, their sentences, and the slices folded away."""
    yield f"## prompteval monitor: {view.verdict.replace('_', ' ')}\n\n{safe(last_line(view))}\n\n"
    for line in head_lines(view):
        yield f"{safe(line)}\n\n"
    yield from table(signal_table("", view.signals))
    yield from (f"- **{safe(name)}**: {safe(signal.detail)}\n" for name, signal in detail_lines(view))
    yield "\n"
    for signal in view.signals:
        if signal.moved:
            yield from table(moved_table(signal))
    for tag, values in view.slices.items():
        yield f"<details><summary>{safe(f'Slices of {tag}')}</summary>\n\n"
        for value, signals in values.items():
            yield from table(signal_table(f"{tag} = {value}", signals))
        yield "</details>\n\n"
