"""The cases of a run, those that do not pass first, each with everything that is known of it."""

from collections.abc import Iterator, Mapping
from itertools import islice

from prompteval.core.observation import CaseVerdict, Row, row_verdict
from prompteval.core.text import percent_encoded
from prompteval.metrics.stage_names import ATTRIBUTION
from prompteval.report.advice import reason_of
from prompteval.report.case import failing_scores
from prompteval.report.html.markup import MAX_CHARACTERS, clipped, safe
from prompteval.report.one_case.shapes import Part
from prompteval.report.one_case.view import case_view, written
from prompteval.report.view import RunView

# A page of more cases than this opens slowly, and nobody reads it; .jsonl holds them all.
SHOWN = 1_000
# Of the name of a line, and of each text once the others of its part have taken the room.
LABEL, LEAST = 200, 120
_MARKS = {
    CaseVerdict.PASS: "✓", CaseVerdict.FAIL: "✗", CaseVerdict.ERROR: "!", CaseVerdict.UNSCORED: "–",
}  # fmt: skip


def case_list(view: RunView) -> Iterator[str]:
    """Search, filter and cases. Memory stays within SHOWN rows of either sort."""
    wrong: list[Row] = []
    right: list[Row] = []
    total = 0
    for row in view.rows():
        total += 1
        kept = right if row_verdict(row) is CaseVerdict.PASS else wrong
        if len(kept) < SHOWN:
            kept.append(row)
    if not total:
        return
    shown = [*wrong, *islice(right, SHOWN - min(len(wrong), SHOWN))]
    yield '<div class="tools"><h2>Cases</h2>'
    yield '<label><input type="checkbox" id="only-wrong"> only those that do not pass</label>'
    word = "search in the cases"
    yield f'<input type="search" id="search" placeholder="{word}" aria-label="{word}">'
    keys = "keys: j k next and previous, f filter, / search"
    count = (
        f"{total:,} rows" if len(shown) == total else f"{len(shown):,} of {total:,} rows; .jsonl holds all"
    )
    yield f'<span class="dim">{count}; {keys}</span></div>\n'
    positions = {(r.suite, r.prompt, r.model): number for number, r in enumerate(view.results)}
    for row in shown:
        yield from _case(row, positions.get((row.suite, row.target, row.model), 0), len(view.results) > 1)


def _case(row: Row, result: int, several: bool) -> Iterator[str]:
    verdict = row_verdict(row)
    what = verdict.value if row.observation.outcome == "ok" else row.observation.outcome
    failing = next(iter(failing_scores(row)), None) if verdict is CaseVerdict.FAIL else None
    reason = reason_of(row) if failing is not None and failing.name == ATTRIBUTION else None
    if failing is not None and failing.labels is not None:
        what = f"{failing.name}: {str(failing.labels[0])[:40]} → {str(failing.labels[1])[:40]}"
    elif reason is not None:
        what = reason
    elif failing is not None:
        what = failing.name if failing.value is None else f"{failing.name} {failing.value:g}"
    found = verdict.value
    place = f"r{result}-{percent_encoded(row.case.id)}-{row.replicate}"
    yield f'<details class="case case-{found}" id="{safe(place)}"><summary>'
    yield f'<span class="mark" title="{found}">{_MARKS[verdict]}</span><code>{safe(row.case.id[:200])}</code>'
    yield f'<span class="what">{safe(what)}</span><span class="start">{safe(_start(row.case.inputs))}</span>'
    yield "</summary><dl>"
    for name, value in _parts(row, several):
        yield f"<dt>{safe(name)}</dt><dd><pre>{value}</pre></dd>\n"
    yield "</dl></details>\n"


def _parts(row: Row, several: bool) -> Iterator[tuple[str, str]]:
    """(name, HTML) of everything known, what is empty left out."""
    if several:
        yield "result", safe(f"{row.suite} · {row.target} · {row.model}")
    if row.replicate:
        yield "repeat", str(row.replicate + 1)
    for part in case_view(row).parts:
        yield part.name, _part(part)


def _part(part: Part) -> str:
    """A part: its text, then its lines with their marks. All of it together has a bounded length."""
    left = MAX_CHARACTERS
    pieces = [clipped(part.text)] if part.text else []
    for line in part.lines:
        marks = "".join(f' <span class="tag {mark.tone}">{safe(mark.word)}</span>' for mark in line.marks)
        label = f'<span class="dim">{safe(line.label[:LABEL])}</span> ' if line.label else ""
        pieces.append(f"{label}{clipped(line.text, left)}{marks}")
        left = max(LEAST, left - len(line.text))
        if line.words:
            pieces.append(f'<span class="words">{clipped(line.words, left)}</span>')
            left = max(LEAST, left - len(line.words))
    if part.left_out:
        pieces.append(f'<span class="dim">and {part.left_out:,} more</span>')
    return "\n".join(pieces)


def _start(inputs: object) -> str:
    """The beginning of the inputs, on one line."""
    texts = map(written, inputs.values()) if isinstance(inputs, Mapping) else [written(inputs)]
    return " ".join(" ".join(texts).split())[:160]
