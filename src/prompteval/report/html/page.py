"""The whole page, in pieces."""

from collections.abc import Iterator

from prompteval.report.format import MARKS
from prompteval.report.html.cases import case_list
from prompteval.report.html.markup import safe
from prompteval.report.html.result import result_section
from prompteval.report.html.style import policy, script, style
from prompteval.report.view import RunView


def render(view: RunView) -> Iterator[str]:
    """A page that works from a file: its style and script inside, and a policy that loads nothing else.

    Example: `prompteval run -o report.html`
    """
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy()}">\n'
    yield '<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>{safe(view.verdict.value)}: prompteval run {safe(view.run_id)}</title>\n"
    yield f"<style>{style()}</style></head><body><main>\n"
    yield f"<h1>prompteval run <code>{safe(view.run_id)}</code></h1>\n"
    word = f'<span class="verdict {view.verdict.value}">{MARKS[view.verdict]}</span>'
    yield f"<p>{word} {safe(view.reason)} (exit {view.exit_code})</p>\n"
    for result in view.results:
        yield from result_section(result)
    yield from case_list(view)
    yield "</main>"
    if any(True for _ in view.rows()):
        yield f"<script>{script()}</script>"
    yield "</body></html>\n"
