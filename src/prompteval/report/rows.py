"""One line a case and replicate: JSONL and CSV."""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from prompteval.core.observation import (
    STREAM_TIMES,
    Observation,
    Row,
    Score,
    row_verdict,
    stream_time,
    usage_of_calls,
)
from prompteval.report.result_keys import result_keys
from prompteval.report.view import RunView

# What begins a formula, in any width that a spreadsheet reads as the same character.
_SIGNS = frozenset("=+-@−")
# What a program may leave out before it: white space, control and other characters that do not show.
_BLANK = re.compile("^[\\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]+")

_PLAIN = ("run_id", "suite", "prompt", "model", "case_id", "replicate", "outcome", "verdict")


def row_json(row: Row) -> dict[str, Any]:
    """A row as the `.jsonl` output has it."""
    seen = row.observation
    usage = usage_of_calls(seen.calls)
    return {
        "run_id": row.run_id,
        "suite": row.suite,
        "prompt": row.target,
        "model": row.model,
        "case_id": row.case.id,
        "replicate": row.replicate,
        "inputs": row.case.inputs,
        "expected": row.case.expected,
        "split": row.case.split,
        "output": seen.output if seen.outcome == "ok" else seen.text or None,
        "outcome": seen.outcome,
        "verdict": row_verdict(row).value,
        "confidence": seen.confidence,
        "error": None if seen.failure is None else f"{seen.failure.type}: {seen.failure.message}",
        "scores": {name: _scored(scores) for name, scores in _by_scorer(row).items()},
        "latency_ms": seen.latency_ms,
        **{name: stream_time(seen, name) for name in STREAM_TIMES},
        "usage": None if usage is None else {name: getattr(usage, name) for name in usage.__slots__},
        **_of_user(seen),
        "tags": dict(row.case.tags),
        **result_keys(seen),
    }


def _of_user(seen: Observation) -> dict[str, object]:
    """The tokens of the model that played the user, where one did: they are not the system's."""
    if not seen.user_calls:
        return {}
    usage = usage_of_calls(seen.user_calls)
    return {"user_usage": None if usage is None else {name: getattr(usage, name) for name in usage.__slots__}}


def _by_scorer(row: Row) -> dict[str, list[Score]]:
    found: dict[str, list[Score]] = {}
    for score in row.scores:
        found.setdefault(score.name, []).append(score)
    return found


def _scored(scores: list[Score]) -> dict[str, Any]:
    """The score of one scorer; of several turns their mean, whether all pass, and each of them."""
    fields = ("value", "passed", "status", "reason")
    each = [{name: getattr(score, name) for name in fields} for score in scores]
    if len(scores) == 1:
        return {**each[0], **({} if scores[0].turn is None else {"turn": scores[0].turn})}
    values = [score.value for score in scores if score.value is not None]
    decided = [score.passed for score in scores if score.passed is not None]
    statuses = {score.status for score in scores}
    worst = next(status for status in ("failed", "scored", "skipped") if status in statuses)
    return {
        "value": sum(values) / len(values) if values else None,
        "passed": all(decided) if decided else None,
        "status": worst,
        "reason": next((score.reason for score in scores if score.reason), ""),
        "turns": [{"turn": score.turn, **one} for score, one in zip(scores, each, strict=True)],
    }


def render_jsonl(view: RunView) -> Iterator[str]:
    """Every row as one JSON line, lossless.

    Example: `prompteval run -o report.jsonl`
    """
    for row in view.rows():
        yield json.dumps(row_json(row), ensure_ascii=True, allow_nan=False) + "\n"


def render_csv(view: RunView) -> Iterator[str]:
    """Every row as a CSV line. A cell that a spreadsheet might run as a formula gets a leading quote.

    Example: `prompteval run -o report.csv`
    """
    names: list[str] | None = None
    for row in view.rows():
        if names is None:
            names = [*_by_scorer(row)]
            head = [*_PLAIN, "output", "expected"]
            yield _line([*head, *(f"score.{name}" for name in names), "error", "latency_ms", "tags"])
        raw = row_json(row)
        scores = [raw["scores"].get(name, {}).get("value") for name in names]
        plain = [raw[key] for key in _PLAIN]
        texts = [_text(raw["output"]), _text(raw["expected"])]
        yield _line([*plain, *texts, *scores, raw["error"], raw["latency_ms"], _text(raw["tags"])])


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _line(cells: list[object]) -> str:
    line = ",".join(_quoted(_safe(cell)) if isinstance(cell, str) else _plain(cell) for cell in cells) + "\n"
    return line.encode("utf-8", "backslashreplace").decode("utf-8")


def _plain(cell: object) -> str:
    return "" if cell is None else str(cell)


def _quoted(text: str) -> str:
    """In quotes where it needs them: csv.writer leaves a carriage return bare, which ends a row elsewhere."""
    if len(text.splitlines()) > 1 or text.strip() != text or any(mark in text for mark in ',;"\t\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _safe(text: str) -> str:
    """`text` with a quote before it where its first character, blanks left out, begins a formula."""
    first = _BLANK.sub("", text, count=1)[:1]
    if text.startswith(("\t", "\r", "\n")) or unicodedata.normalize("NFKC", first)[:1] in _SIGNS:
        return "'" + text
    return text
