"""The comparison as Markdown, for a pull request's comment or a job summary."""

from collections.abc import Iterator

from prompteval.report.comparison.cells import (
    CHANGES_SHOWN,
    HEADS,
    SLICE_HEADS,
    beside,
    metric_cells,
    slice_lines,
    summary_lines,
)
from prompteval.report.comparison.diff import changed_words
from prompteval.report.comparison.view import Change, ComparedResult, ComparisonView
from prompteval.report.plain_markdown import safe, table
from prompteval.report.table import Table

PART_SHOWN = 400  # characters of each part: a comment on a pull request has an end
_TAGS = {"same": ("", ""), "gone": ("<del>", "</del>"), "new": ("<ins>", "</ins>"), "turned": ("", "")}


def render(view: ComparisonView) -> Iterator[str]:
    """The sentence, a table for each pair, slices and changed cases folded away."""
    yield f"## prompteval: {view.verdict.value.replace('_', ' ')}\n\n{safe(view.sentence)}\n\n"
    yield f"A: {safe(view.a)}, B: {safe(view.b)}\n\n"
    for line in beside(view):
        yield f"{safe(line)}\n\n"
    for result in view.results:
        yield from _result(result)


def _result(result: ComparedResult) -> Iterator[str]:
    yield f"### {safe(result.title)}\n\n"
    for line in summary_lines(result):
        yield f"{safe(line)}\n\n"
    rows = [metric_cells(name, e, decides=name in result.primary) for name, e in result.metrics.items()]
    yield from table(Table("", HEADS, rows))
    for metric in result.primary if result.slices else ():
        yield f"<details><summary>{safe(f'Slices of {metric}: shown, not deciding')}</summary>\n\n"
        yield from table(Table("", SLICE_HEADS, list(slice_lines(result, metric))))
        yield "</details>\n\n"
    for name, ids in (("Broken", result.broken), ("Fixed", result.fixed)):
        if ids:
            yield from _changes(result, name, ids)


def _changes(result: ComparedResult, name: str, ids: tuple[str, ...]) -> Iterator[str]:
    yield f"<details><summary>{name}: {len(ids):,}</summary>\n\n"
    for change in result.changes(ids[:CHANGES_SHOWN]):
        yield f"- {safe(change.case_id)}: {_words(change)}\n"
    if len(ids) > CHANGES_SHOWN:
        yield f"- … {len(ids) - CHANGES_SHOWN:,} more\n"
    yield "\n</details>\n\n"


def _words(change: Change) -> str:
    parts = []
    for kind, text in changed_words(change.before, change.after):
        start, end = _TAGS[kind]
        # `safe` joins white space; what stood at the ends of a part keeps the words apart.
        before, after = " " * text[:1].isspace(), " " * text[-1:].isspace()
        shown = text if len(text) <= PART_SHOWN else f"{text[: PART_SHOWN - 1]}…"
        parts.append(f"{before}{start}{safe(shown)}{end}{after}")
    return "".join(parts)
