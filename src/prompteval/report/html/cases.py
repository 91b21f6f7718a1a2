"""The cases of a run, those that do not pass first, each with everything that is known of it."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice

from prompteval.core.observation import CaseVerdict, Row, row_verdict
from prompteval.core.retrieval import Context
from prompteval.core.text import percent_encoded
from prompteval.report.case import failing_scores
from prompteval.report.html.markup import clipped, safe
from prompteval.report.tool_calls import call_lines, expected_lines
from prompteval.report.view import RunView

# A page of more cases than this opens slowly, and nobody reads it; .jsonl holds them all.
SHOWN = 1_000
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
    if failing is not None and failing.labels is not None:
        what = f"{failing.name}: {str(failing.labels[0])[:40]} → {str(failing.labels[1])[:40]}"
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
    seen = row.observation
    if several:
        yield "result", safe(f"{row.suite} · {row.target} · {row.model}")
    if row.replicate:
        yield "repeat", str(row.replicate + 1)
    yield "inputs", clipped(_shown(row.case.inputs))
    if row.case.expected is not None:
        yield "expected", clipped(_shown(row.case.expected))
    if seen.output is not None:
        yield "output", clipped(_shown(seen.output))
    yield from _tools(row)
    if seen.text and seen.text != seen.output:
        yield "raw reply", clipped(seen.text)
    if seen.failure is not None:
        yield "failure", clipped(f"{seen.failure.stage}: {seen.failure.type}: {seen.failure.message}")
    for score in row.scores:
        value = score.status if score.value is None else f"{score.value:g}"
        yield score.title, clipped(value + (f" ({score.reason})" if score.reason else ""))
    if seen.context is not None:
        yield "context", clipped(_context(seen.context))
    if seen.confidence is not None:
        yield "confidence", f"{seen.confidence:.3f}"
    for call in seen.calls:
        yield (
            "call",
            safe(f"{call.model}, {call.served_by}, {call.attempts} attempts, {call.latency_ms:.0f} ms"),
        )
    if row.case.tags:
        yield "tags", clipped(", ".join(f"{name}={value}" for name, value in row.case.tags.items()))


def _tools(row: Row) -> Iterator[tuple[str, str]]:
    """The calls of tools that were expected, and those that were made."""
    calls = {"expected calls": expected_lines(row.case), "tool calls": call_lines(row.observation.trace)}
    for name, lines in calls.items():
        shown = "\n".join(lines)
        if shown:
            yield name, clipped(shown)


def _context(context: Context) -> str:
    """What was packed into the prompt, and what was not."""
    head = f"{len(context.kept)} chunks, {context.tokens:,} tokens; {len(context.dropped)} dropped"
    return "\n\n".join([head, *(f"[{n}] {c.doc_id}\n{c.text}" for n, c in enumerate(context.kept, 1))])


def _start(inputs: object) -> str:
    """The beginning of the inputs, on one line."""
    texts = map(_shown, inputs.values()) if isinstance(inputs, Mapping) else [_shown(inputs)]
    return " ".join(" ".join(texts).split())[:160]


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
