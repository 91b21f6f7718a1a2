"""The form of a baseline file: everything read from one is checked before a verdict leans on it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from prompteval.analysis.columns.entry_columns import UNUSABLE
from prompteval.analysis.entries import StoredRow

# A stored score's fields after name and value, where they are as usual.
USUAL: tuple[Any, ...] = ("scored", None, "", {}, "end_to_end", 0.0, 1.0)
_OUTCOMES = ("ok", "error", *UNUSABLE)


class _Checked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Facts(_Checked):
    """What of the manifest's words on a suite a comparison reads."""

    cases: str
    scorers: list[tuple[str, str, dict[str, Any]]]
    fields: dict[str, str]
    measures: list[tuple[str, str]]
    primary: list[str]
    effects: dict[str, dict[Literal["min_effect", "margin", "alpha"], float]]
    slices: list[str]
    split: list[str]
    on_error: str


class Entry(_Checked):
    """One (target, model) of a baseline; its rows are read by `stored_row`."""

    prompt: str
    fingerprint: str
    model: str
    facts: Facts
    rows: list[list[Any]]


class _CaseFacts(_Checked):
    tags: dict[str, str] = {}
    cluster: str | None = None


def stored_row(line: Sequence[Any]) -> StoredRow:
    """A line of the file as the store gives a row. Raises ValueError for what is no such line."""
    if len(line) not in (6, 10):
        raise ValueError(f"a row has 6 or 10 values, not {len(line)}")
    case_id, replicate, mark, outcome, facts, scores = line[:6]
    _demand(isinstance(case_id, str) and case_id != "", "a row begins with its case id")
    _demand(type(replicate) is int and replicate >= 0, "a replicate is a number from 0")
    _demand(isinstance(mark, str), "the mark of a case is a text")
    _demand(outcome in _OUTCOMES, f"{outcome!r} is no outcome")
    _demand(isinstance(scores, list), "scores are a list")
    for score in scores:
        _check_score(score)
    case = {"mark": mark, **_CaseFacts.model_validate(facts).model_dump(exclude_defaults=True)}
    confidence, details, logprobs, tokens = line[6:] if len(line) > 6 else (None, None, None, None)
    _demand(confidence is None or _is_number(confidence), "a confidence is a number")
    _demand(details is None or isinstance(details, Mapping), "what the target reported is a mapping")
    _demand(logprobs is None or isinstance(logprobs, list), "log probabilities are a list")
    _demand(tokens is None or type(tokens) is int, "tokens are a number")
    told = [None if value is None else json.dumps(value) for value in (details, logprobs)]
    shown = json.dumps(case, separators=(",", ":"))
    return (case_id, replicate, outcome, 0.0, confidence, shown, json.dumps(scores), *told, tokens)


def _check_score(score: Any) -> None:
    if not isinstance(score, list) or not 2 <= len(score) <= 2 + len(USUAL):
        raise ValueError("a score is [name, value, …]")
    name, value, status, labels, reason, evidence, stage, low, high = [*score, *USUAL[len(score) - 2 :]]
    _demand(all(isinstance(text, str) for text in (name, reason, stage)), "a score's name is a text")
    _demand(status in ("scored", "skipped", "failed"), f"{status!r} is no status of a score")
    for number in (value, low, high):
        _demand(number is None or _is_number(number), f"{number!r} is no number")
    _demand(value is not None or status != "scored", "a score that is scored has a value")
    pair = isinstance(labels, list) and len(labels) == 2 and isinstance(labels[0], str)
    _demand(labels is None or (pair and isinstance(labels[1], str | None)), "labels are two texts")
    _demand(isinstance(evidence, Mapping), "evidence is a mapping")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _demand(holds: bool, told: str) -> None:
    if not holds:
        raise ValueError(told)


def first_error(error: ValidationError) -> str:
    """Where and what, in one line."""
    found = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in found["loc"])
    return f"{place}: {found['msg']}" if place else str(found["msg"])
