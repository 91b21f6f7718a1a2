"""Rows to the columns of a database, and back.

What is read back and is not as it was written raises one of `typed.DAMAGE`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from prompteval.core.observation import Observation, Outcome, Row, spent_of
from prompteval.core.stored import NOTHING_REPORTED, Reported, StoredRow
from prompteval.core.trace import Trace
from prompteval.store import typed
from prompteval.store.call_form import call_from
from prompteval.store.case_form import case_fields, case_from, case_json, case_mark
from prompteval.store.hashes import Columns, row_hash
from prompteval.store.observation_form import OUTCOMES, observation_from, observation_json
from prompteval.store.score_form import scores_from, scores_json, stored_scores_of
from prompteval.store.typed import loads


class HashedColumns(NamedTuple):
    """A row as a database has it: KEY, FACTS, the texts of case, observation and scores, the hash of all."""

    key: tuple[str, str, str, str, str, int]
    facts: tuple[str, str, float, float | None]
    texts: tuple[str, str, str]
    mark: str


def hashed_columns(row: Row) -> HashedColumns:
    """The columns of a row, as both databases give them back, with its hash."""
    key = (row.run_id, row.suite, row.target, row.model, row.case.id, row.replicate)
    seen = row.observation
    # SQLite gives -0.0 back as 0.0.
    confidence = None if seen.confidence is None else float(seen.confidence) + 0.0
    facts = (row.fingerprint, seen.outcome, float(seen.latency_ms) + 0.0, confidence)
    texts = (case_json(row.case), observation_json(seen), scores_json(row.scores))
    return HashedColumns(key, facts, texts, row_hash((*key, *facts), *texts))


def row_from(found: Columns, *, first_decides: bool) -> Row:
    """The row behind KEY, FACTS, case, observation and scores; `first_decides` as `scores_from` has it."""
    run_id, suite, target, model, case_id, replicate, *facts, case, seen, scores = found
    mark, outcome, latency, confidence = facts
    return Row(
        run_id=run_id,
        suite=suite,
        target=target,
        fingerprint=mark,
        model=model,
        case=case_from(case_id, case),
        replicate=replicate,
        observation=observation_from(outcome, latency, confidence, seen),
        scores=() if scores is None else scores_from(scores, first_decides=first_decides),
    )


def stored_row(found: Sequence[Any], *, mark: bool = False) -> StoredRow:
    """A row from the columns that `StoredRuns._entry_columns` gives."""
    case_id, replicate, outcome, latency_ms, confidence, case, scores = found[:7]
    more = found[7:]
    typed.require(outcome in OUTCOMES, "a known outcome")
    # A text inside the case cannot hold these, for its quotation marks are escaped.
    carried = '"tags":' in case or '"cluster":' in case or '"repeat":' in case
    body = case_fields(case) if carried or mark else {}
    return StoredRow(
        case_id,
        replicate,
        outcome,
        typed.number(latency_ms),
        typed.optional(confidence, typed.number),
        tags=body.get("tags", {}),
        cluster=body.get("cluster"),
        repeat=body.get("repeat"),
        mark=case_mark(body) if mark else "",
        scores=stored_scores_of(scores) if scores else (),
        reported=_reported(outcome, latency_ms, more) if more else NOTHING_REPORTED,
    )


def _reported(outcome: Outcome, latency_ms: float, found: Sequence[Any]) -> Reported:
    """What the target reported, from the columns beside those of every row."""
    details, logprobs, tokens, calls, timings, priced = found
    seen = Observation(
        outcome,
        calls=tuple(call_from(call) for call in loads(calls)) if calls else (),
        latency_ms=latency_ms,
        details=_object(details) if details else {},
        trace=Trace(timings=_object(timings)) if timings else None,
        priced_usd=typed.optional(priced, typed.number),
    )
    return reported_from(seen.details, loads(logprobs) if logprobs else None, tokens, spent=spent_of(seen))


def _object(text: str) -> dict[str, Any]:
    found = loads(text)
    typed.require(isinstance(found, dict), "an object")
    return dict(found)


def reported_from(
    details: Mapping[str, object],
    logprobs: Sequence[float] | None,
    tokens: int | None,
    spent: Mapping[str, float] | None = None,
) -> Reported:
    """What a target reported of itself, and what it took."""
    if not details and logprobs is None and tokens is None and not spent:
        return NOTHING_REPORTED
    return Reported(details, None if logprobs is None else tuple(logprobs), tokens, spent or {})
