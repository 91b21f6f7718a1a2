"""Why a case does not pass, in a line or in a few."""

import json
from collections.abc import Sequence

from prompteval.core.media import with_file_texts
from prompteval.core.observation import (
    CaseVerdict,
    Observation,
    Row,
    Score,
    row_verdict,
)
from prompteval.core.text import inert, printable
from prompteval.report.inputs import shown_inputs

SHOWN = 600


def case_failure(rows: Sequence[Row]) -> tuple[Row, str] | None:
    """The first failing row of a case's repeats with the reason; None when every one passes.

    The number of failing repeats, and that the case is flaky, precede the reason.
    """
    failed = [(row, failure_reason(row)) for row in rows if row_verdict(row) is not CaseVerdict.PASS]
    if not failed:
        return None
    row, reason = failed[0]
    count = f"{len(failed)} of {len(rows)} repeats: " if len(rows) > 1 else ""
    return row, f"{'flaky, ' if len(failed) < len(rows) else ''}{count}{reason}"


def failure_block(rows: Sequence[Row], place: str) -> str:
    """A failing case in a few lines, its reason first; empty when every repeat passes.

    `place` is where the case stands. Scorers that had nothing to score are left out.
    """
    failed = case_failure(rows)
    if failed is None:
        return ""
    row, reason = failed
    seen = row.observation
    lines = [
        _short(reason),
        f"case      {row.case.id}  ({place})",
        f"target    {row.target}  {row.model}",
        f"inputs    {_short(shown_inputs(row.case))}",
        f"expected  {_short(row.case.answers if row.case.expected is None else row.case.expected)}",
        f"output    {_short(output_text(seen))}",
    ]
    for score in row.scores:
        if score.status != "skipped":
            value = score.status if score.value is None else f"{score.value:g}"
            lines.append(f"scorer    {score.title} = {value}{score.reason and f': {_short(score.reason)}'}")
    return inert("\n".join(lines))


def output_text(seen: Observation) -> str:
    """The output as a view shows it beside others; what was received where there is none."""
    return seen.text if seen.output is None else _shown(seen.output)


def nothing_scored(row: Row) -> str | None:
    """Why no scorer had anything to say of a row that passes; None where one had."""
    skipped = [score for score in row.scores if score.status == "skipped"]
    return skipped[0].reason if skipped and len(skipped) == len(row.scores) else None


def failing_scores(row: Row) -> tuple[Score, ...]:
    """The scores that make a row fail: those that do not pass, else those that could not be given."""
    failed = tuple(score for score in row.scores if score.passed is False)
    return failed or tuple(score for score in row.scores if score.status == "failed")


def failure_reason(row: Row) -> str:
    """Why a row does not pass, in one sentence; empty when it does."""
    verdict, failure = row_verdict(row), row.observation.failure
    if verdict is CaseVerdict.PASS:
        return ""
    if failure is not None:
        return f"{row.observation.outcome}: {failure.message}"
    return "; ".join(_score_line(score) for score in failing_scores(row))


def with_reason(verdict: str, reason: str, between: str = ": ") -> str:
    """A verdict and why, which is said once where the reason begins with it."""
    return reason if reason.startswith(f"{verdict}: ") else f"{verdict}{reason and between + reason}"


def _score_line(score: Score) -> str:
    if score.status == "failed":
        return f"{score.title} could not score: {score.reason}"
    labels = f", expected {score.labels[0]!r}, got {score.labels[1]!r}" if score.labels else ""
    value = "" if score.value is None else f" {score.value:g}"
    return f"{score.title}{value}{labels}" + (f": {score.reason}" if score.reason else "")


def worst_line(row: Row) -> str:
    """One line for a list of worst cases."""
    inputs = shown_inputs(row.case)
    text = " ".join(str(item) for item in inputs.values()) if isinstance(inputs, dict) else _shown(inputs)
    why = failure_reason(row) or ", ".join(f"{s.name} {s.value:g}" for s in row.scores if s.value is not None)
    verdict = with_reason(row_verdict(row).value, _clipped(why), "  ")
    return printable(f"{row.suite}::{row.case.id}  {verdict}  {text[:80]!r}") + "\n"


def _clipped(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 160 else f"{flat[:159]}…"


def _shown(value: object) -> str:
    value = with_file_texts(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _short(value: object) -> str:
    """A value on one line of bounded length, with a note of what was left out."""
    text = " ".join(_shown(value).split())
    left_out = len(text) - SHOWN
    return text if left_out <= 0 else f"{text[:SHOWN]}… ({left_out:,} more characters)"
