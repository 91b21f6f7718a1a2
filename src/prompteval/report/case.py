"""One case in full, and a line for each of the worst."""

import json
from collections.abc import Iterator

from prompteval.core.observation import Row
from prompteval.core.text import printable


def render_case(row: Row) -> Iterator[str]:
    """Everything known of one row, as text."""
    seen = row.observation
    case_id = printable(row.case.id)
    yield f"{row.suite}  {row.target}  {row.model}  case {case_id}  replicate {row.replicate}\n"
    yield f"outcome   {seen.outcome}, {seen.latency_ms:.0f} ms\n"
    if seen.failure is not None:
        yield f"failure   {seen.failure.stage}: {seen.failure.type}: {printable(seen.failure.message)}\n"
    for name, value in (
        ("inputs", row.case.inputs),
        ("expected", row.case.expected),
        ("output", seen.output),
    ):
        yield f"{name:<9} {printable(_shown(value))}\n"
    yield f"raw text  {printable(seen.text)}\n"
    if seen.confidence is not None:
        yield f"confidence {seen.confidence:.3f}\n"
    for score in row.scores:
        value = score.status if score.value is None else f"{score.value:g}"
        yield (
            f"score     {score.name} = {value}"
            + (f" ({printable(score.reason)})" if score.reason else "")
            + "\n"
        )
    for call in seen.calls:
        reported = f", answered by {printable(call.model_reported)}" if call.model_reported else ""
        yield f"call      {call.model}, {call.served_by}, {call.attempts} attempt(s){reported}\n"
    if row.case.tags:
        yield f"tags      {printable(_shown(dict(row.case.tags)))}\n"


def worst_line(row: Row) -> str:
    """One line for a list of worst cases."""
    score = row.scores[0] if row.scores else None
    value = "–" if score is None or score.value is None else f"{score.value:g}"
    labels = ""
    if score is not None and score.labels is not None:
        labels = f"  expected {score.labels[0]}, got {score.labels[1]}"
    inputs = row.case.inputs
    text = " ".join(str(item) for item in inputs.values()) if isinstance(inputs, dict) else _shown(inputs)
    return (
        printable(f"{row.suite}::{row.case.id}  {row.observation.outcome}  {value}{labels}  {text[:80]!r}")
        + "\n"
    )


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
