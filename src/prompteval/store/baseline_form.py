"""The form of a baseline file: everything read from one is checked before a verdict relies on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, FailFast, ValidationError

from prompteval.core.observation import UNUSABLE
from prompteval.core.response_json import is_number
from prompteval.core.stored import StoredRow, StoredScore
from prompteval.store.row_form import reported_from
from prompteval.store.score_form import score_fields, stored_scores
from prompteval.workspace.validation import error_lines

# A stored score's fields after name and value, where they are as usual.
USUAL: tuple[Any, ...] = ("scored", None, "", {}, "end_to_end", 0.0, 1.0, None, None)
_OUTCOMES = ("ok", "error", *UNUSABLE)


class _Checked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


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


class BaselineEntry(_Checked):
    """One (target, model) of a baseline; its rows are read by `row_from`."""

    prompt: str
    fingerprint: str
    model: str
    facts: Facts
    rows: Annotated[list[list[Any]], FailFast()]


class _BaselineCase(_Checked):
    tags: dict[str, str] = {}
    cluster: str | None = None


def row_from(line: Sequence[Any]) -> StoredRow:
    """The row behind a line of the file. Raises ValueError for what is not such a line."""
    if len(line) not in (6, 10):
        raise ValueError(f"a row has 6 or 10 values, not {len(line)}")
    case_id, replicate, mark, outcome, facts, scores = line[:6]
    _demand(isinstance(case_id, str) and case_id != "", "a row must begin with its case id")
    _demand(type(replicate) is int and replicate >= 0, "a replicate must be a number from 0")
    _demand(isinstance(mark, str), "the mark of a case must be a string")
    _demand(outcome in _OUTCOMES, f"{outcome!r} is not an outcome")
    _demand(isinstance(scores, list), "scores must be a list")
    for score in scores:
        _check_score(score)
    case = _BaselineCase.model_validate(facts)
    confidence, details, logprobs, tokens = line[6:] if len(line) > 6 else (None, None, None, None)
    _demand(confidence is None or is_number(confidence), "a confidence must be a number")
    _demand(details is None or isinstance(details, Mapping), "what the target reported must be a mapping")
    _demand(logprobs is None or isinstance(logprobs, list), "log probabilities must be a list")
    _demand(tokens is None or type(tokens) is int, "tokens must be a whole number")
    known = dict(details or {})
    spent = known.pop("spent", {})
    _demand(
        isinstance(spent, Mapping) and all(map(is_number, spent.values())), "what a row took must be numbers"
    )
    return StoredRow(
        case_id,
        replicate,
        outcome,
        confidence=confidence,
        tags=case.tags,
        cluster=case.cluster,
        mark=mark,
        scores=stored_scores(scores),
        reported=reported_from(known, logprobs, tokens, spent),
    )


def row_line(
    row: StoredRow,
    scorers: Collection[str],
    keys: Collection[str],
    *,
    reported: bool,
    spent: Collection[str] = (),
) -> list[object]:
    """Of a row what a comparison reads: no inputs, no outputs, no reasons, and of what it took only `spent`.

    Of the evidence only `keys` are kept, and those only for `scorers`; what the target reported of
    itself only where it is asked for.
    """
    facts: dict[str, object] = {"tags": dict(row.tags)} if row.tags else {}
    if row.cluster:
        facts["cluster"] = row.cluster
    kept = [score_fields(_trimmed(score, keys if score.name in scorers else ())) for score in row.scores]
    line = [row.case_id, row.replicate, row.mark, row.outcome, facts, kept]
    if not reported:
        return line
    row_reported = row.reported
    details: dict[str, object] = {
        key: row_reported.details[key]
        for key in ("confidence", "probabilities")
        if key in row_reported.details
    }
    if spent:
        details["spent"] = {key: row_reported.spent[key] for key in spent if key in row_reported.spent}
    logprobs = None if row_reported.logprobs is None else list(row_reported.logprobs)
    return [*line, row.confidence, details, logprobs, row_reported.tokens]


def _trimmed(score: StoredScore, keys: Collection[str]) -> StoredScore:
    evidence = {key: value for key, value in score.evidence.items() if key in keys}
    return replace(score, reason="", evidence=evidence, calls=())


def _check_score(score: object) -> None:
    if not isinstance(score, list) or not 2 <= len(score) <= 2 + len(USUAL):
        raise ValueError("a score must be [name, value, …]")
    name, value, status, labels, reason, evidence, stage, low, high, passed, turn = [
        *score,
        *USUAL[len(score) - 2 :],
    ]
    _demand(
        all(isinstance(text, str) for text in (name, reason, stage)),
        "the name, reason and stage of a score must be strings",
    )
    _demand(status in ("scored", "skipped", "failed"), f"{status!r} is not a score status")
    for number in (value, low, high):
        _demand(number is None or is_number(number), f"{number!r} is not a number")
    _demand(value is not None or status != "scored", "a scored score must have a value")
    pair = isinstance(labels, list) and len(labels) == 2 and isinstance(labels[0], str)
    _demand(labels is None or (pair and isinstance(labels[1], str | None)), "labels must be two strings")
    _demand(isinstance(evidence, Mapping), "evidence must be a mapping")
    _demand(passed is None or isinstance(passed, bool), "passed must be true, false or null")
    _demand(turn is None or type(turn) is int, "a turn must be a whole number")


def _demand(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(message)


def first_error(error: ValidationError) -> str:
    """Where and what, in one line."""
    found = error_lines(error)[0]
    place = ".".join(str(part) for part in found["loc"])
    return f"{place}: {found['msg']}" if place else str(found["msg"])
