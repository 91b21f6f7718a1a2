"""The page of a comparison: what broke, what was fixed, differences with margins, both sides of a case."""

from collections.abc import Iterator

from prompteval.core.verdict import Comparison, ComparisonVerdict
from prompteval.report.comparison.cells import (
    HEADS,
    MARKS,
    SLICE_HEADS,
    beside,
    metric_cells,
    slice_lines,
    summary_lines,
)
from prompteval.report.comparison.view import ComparedResult, ComparisonView
from prompteval.report.page.document import Headline, Section, Tone, page_json
from prompteval.report.page.run import PAGE_END, page_start, row_blocks
from prompteval.report.prompt_text import versions_json
from prompteval.report.table import Table
from prompteval.report.thumbnails import PageImages

# Changed cases whose outputs stand in the summary, of either kind; the list of cases has all of them.
CHANGES_SHOWN = 8
OUTPUT_SHOWN = 400
_TONES: dict[ComparisonVerdict, Tone] = {
    ComparisonVerdict.IMPROVED: "pass",
    ComparisonVerdict.NOT_WORSE: "pass",
    ComparisonVerdict.INCONCLUSIVE: "inconclusive",
    ComparisonVerdict.REGRESSED: "fail",
    ComparisonVerdict.INCOMPLETE: "incomplete",
}


def render(view: ComparisonView) -> Iterator[str]:
    """A page that works from a file, as that of a run does."""
    yield from page_start(
        comparison_json(view), f"{view.verdict.value}: prompteval compare {view.a} {view.b}"
    )
    columns = {one: place for place, one in enumerate(_columns(view))}
    rows = ((columns[place, side], row) for place, side, row in view.rows())
    expected = sum(2 * result.paired for result in view.results)
    yield from row_blocks(rows, expected, PageImages(view.thumbnails), view.exchanges)
    yield PAGE_END


def comparison_json(view: ComparisonView) -> dict[str, object]:
    """The document of a comparison, without its rows."""
    sentence = f"{view.sentence} (exit {view.exit_code})"
    facts = (("A:", view.a), ("B:", view.b), *(("", line) for line in beside(view)))
    head = Headline("prompteval comparison", MARKS[view.verdict], _TONES[view.verdict], sentence, facts)
    sections = [_section(place, result) for place, result in enumerate(view.results)]
    columns = [_column(view.results[place], side) for place, side in _columns(view)]
    return page_json("comparison", head, sections, {"comparison": view.as_json(), "columns": columns})


def _columns(view: ComparisonView) -> list[tuple[int, str]]:
    """(place of the result, side) of each column: a side of a baseline has no rows and no column."""
    return [
        (place, side)
        for place, result in enumerate(view.results)
        for side, end in (("a", result.a), ("b", result.b))
        if end.run_id is not None
    ]


def _column(result: ComparedResult, side: str) -> dict[str, str]:
    end = result.a if side == "a" else result.b
    return {
        "suite": result.suite, "prompt": f"{side.upper()}: {end.prompt}", "version": end.prompt,
        "model": end.model, "side": side,
    }  # fmt: skip


def _section(place: int, result: ComparedResult) -> Section:
    rows = [metric_cells(name, one, decides=name in result.primary) for name, one in result.metrics.items()]
    tables = [Table("", HEADS, rows, differences=[_drawn(result, n, c) for n, c in result.metrics.items()])]
    for metric in result.primary if result.slices else ():
        found = [one[metric] for values in result.slices.values() for one in values.values()]
        title = f"Slices of {metric}: shown, not deciding"
        drawn = [_drawn(result, metric, one) for one in found]
        tables.append(Table(title, SLICE_HEADS, list(slice_lines(result, metric)), differences=drawn))
    flips = [
        {"id": one.case_id, "flip": name, "before": _cut(one.before), "after": _cut(one.after)}
        for name, ids in (("broken", result.broken), ("fixed", result.fixed))
        for one in result.changes(ids[:CHANGES_SHOWN])
    ]
    before, after = result.a.text, result.b.text
    prompts = None if before is None or after is None else (after, before)
    return Section(
        f"{result.title}: {MARKS[result.verdict]}",
        lines=[*summary_lines(result)],
        tables=tables,
        drawn={"compared": place, "flips": flips, **versions_json(prompts)},
    )


def _drawn(
    result: ComparedResult, metric: str, one: Comparison
) -> tuple[float | None, float | None, float | None, float | None]:
    return one.low, one.delta, one.high, result.margins.get(metric)


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= OUTPUT_SHOWN else f"{text[: OUTPUT_SHOWN - 1]}…"
