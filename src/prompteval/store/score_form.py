"""Scores to JSON text and back, as lists whose usual ends are left out.

What is read back and is not as it was written raises one of `typed.DAMAGE`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, get_args

from prompteval.core.observation import Score, ScoreStatus, Stage
from prompteval.core.stored import StoredScore
from prompteval.store import typed
from prompteval.store.call_form import call_from, call_values
from prompteval.store.typed import NONE, dumps, loads

_STATUSES, _STAGES = frozenset(get_args(ScoreStatus)), frozenset(get_args(Stage))
# Longer texts, such as those with a reason, are hardly ever equal.
_SHORT = 300
_USUAL_ENDS = (None, True, False)  # 1.0 and 0.0 are among them
_USUAL_SCORE: Sequence[object] = (
    ..., ..., "scored", None, "", {}, "end_to_end", 0.0, 1.0, None, None, [],
)  # fmt: skip


def scores_json(scores: tuple[Score, ...]) -> str:
    """Scores as a list of lists; what has its default value is left out from the end."""
    return dumps([score_fields(score) for score in scores])


def score_fields(score: Score | StoredScore) -> list[Any]:
    """A score as a list; what has its default value is left out from the end."""
    fields = [
        score.name, score.value, score.status, list(score.labels) if score.labels else None,
        score.reason, dict(score.evidence), score.stage, score.low, score.high, score.passed,
        score.turn, [call_values(call) for call in score.calls],
    ]  # fmt: skip
    while len(fields) > 2 and fields[-1] == _USUAL_SCORE[len(fields) - 1]:
        fields.pop()
    return fields


def scores_from(text: str, *, first_decides: bool = False) -> tuple[Score, ...]:
    """The scores behind `scores_json`.

    `first_decides` is for those of a run from before scores had `passed`: the first passes at 1.
    """
    found = tuple(
        Score(
            one.name, one.value, one.status, one.stage, one.reason, one.evidence, one.labels,  # type: ignore[arg-type]
            one.low, one.high, one.passed, one.turn, one.calls,
        )
        for one in stored_scores(loads(text))
    )  # fmt: skip
    if first_decides and found and found[0].value is not None:
        return (replace(found[0], passed=found[0].value >= 1), *found[1:])
    return found


def stored_scores_of(text: str) -> tuple[StoredScore, ...]:
    """The scores behind `scores_json`, as they are read back; short texts, which repeat, are read once."""
    return _read_once(text) if len(text) <= _SHORT else stored_scores(loads(text))


@lru_cache(maxsize=1_000)
def _read_once(text: str) -> tuple[StoredScore, ...]:
    return stored_scores(loads(text))


def stored_scores(fields: object) -> tuple[StoredScore, ...]:
    """The scores behind lists as `scores_json` writes them."""
    return tuple(_stored_score(*one) for one in typed.each(fields, list))


def _stored_score(  # noqa: PLR0913 - the columns of a row
    name: str,
    value: float | None,
    status: ScoreStatus = "scored",
    labels: Sequence[Any] | None = None,
    reason: str = "",
    evidence: Mapping[str, Any] | None = None,
    stage: str = "end_to_end",
    low: float | None = 0.0,
    high: float | None = 1.0,
    passed: bool | None = None,
    turn: int | None = None,
    calls: Sequence[object] = (),
) -> StoredScore:
    typed.require(status in _STATUSES and stage in _STAGES, "a known status and stage")
    pair = None if labels is None else (labels[0], labels[1])
    for end in (value, low, high):
        if end not in _USUAL_ENDS:
            typed.number(end)
    for label in pair or ():
        typed.optional(label, typed.text)
    typed.require(type(evidence) in (dict, NONE), "evidence that is an object")
    typed.require(passed in (None, True, False), "a score that passes, fails or only measures")
    typed.require(turn is None or type(turn) is int, "the number of a turn")
    reason_text = typed.text(reason)
    return StoredScore(
        typed.text(name), value, status, pair, reason_text, evidence or {}, stage, low, high, passed, turn,
        tuple(call_from(call) for call in calls),
    )  # fmt: skip
