"""Rows to JSON text and back, lossless: lone surrogates and NUL stay as they are."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from prompteval.core.case import Case
from prompteval.core.fingerprint import fingerprint
from prompteval.core.observation import Call, Failure, Observation, Score, ScoreStatus
from prompteval.core.request import Usage
from prompteval.core.retrieval import Chunk, Context, Ranking
from prompteval.core.stored import NOTHING_REPORTED, Reported, StoredRow, StoredScore, SuiteFacts

_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode


def dumps(value: Any) -> str:
    """Compact JSON in ASCII, so that every text can be stored."""
    return _encode(value)


def case_json(case: Case) -> str:
    """Everything of a case but its id, what is empty left out."""
    body: dict[str, Any] = {"inputs": case.inputs}
    if case.expected is not None:
        body["expected"] = case.expected
    for name in ("tags", "split", "cluster", "repeat", "answerable", "line"):
        value = getattr(case, name)
        if value not in (None, {}, 0):
            body[name] = dict(value) if name == "tags" else value
    if case.gold:
        body["gold"] = [[dict(span) for span in group] for group in case.gold]
    if case.answers:
        body["answers"] = list(case.answers)
    return dumps(body)


def case_from(case_id: str, text: str) -> Case:
    """The case behind `case_json`."""
    body = json.loads(text)
    body["gold"] = tuple(tuple(group) for group in body.get("gold", ()))
    body["answers"] = tuple(body.get("answers", ()))
    return Case(id=case_id, **body)


def observation_json(observation: Observation) -> str:
    """An observation without the fields that have columns of their own."""
    body: dict[str, Any] = {"text": observation.text}
    if observation.output is not None:
        body["output"] = observation.output
    if observation.failure is not None:
        body["failure"] = asdict(observation.failure)
    if observation.calls:
        body["calls"] = [_call_json(call) for call in observation.calls]
    if observation.logprobs is not None:
        body["logprobs"] = list(observation.logprobs)
    if observation.details:
        body["details"] = dict(observation.details)
    for name in ("ranking", "reranked", "context"):
        value = getattr(observation, name)
        if value is not None:
            body[name] = asdict(value)
    return dumps(body)


def observation_from(outcome: Any, latency_ms: float, confidence: float | None, text: str) -> Observation:
    """The observation behind `observation_json` and its columns."""
    body = json.loads(text)
    failure, logprobs = body.get("failure"), body.get("logprobs")
    return Observation(
        outcome=outcome,
        output=body.get("output"),
        text=body["text"],
        failure=None if failure is None else Failure(**failure),
        calls=tuple(_call(call) for call in body.get("calls", ())),
        latency_ms=latency_ms,
        confidence=confidence,
        logprobs=None if logprobs is None else tuple(logprobs),
        details=body.get("details", {}),
        ranking=_ranking(body.get("ranking")),
        reranked=_ranking(body.get("reranked")),
        context=_context(body.get("context")),
    )


def _ranking(body: dict[str, Any] | None) -> Ranking | None:
    if body is None:
        return None
    hits = tuple((name, score) for name, score in body["hits"])
    return Ranking(hits, body["tied"], body["duplicates"])


def _context(body: dict[str, Any] | None) -> Context | None:
    if body is None:
        return None
    kept = tuple(Chunk(**chunk) for chunk in body.pop("kept"))
    dropped = tuple((Chunk(**chunk), reason) for chunk, reason in body.pop("dropped"))
    return Context(kept, dropped, **body)


# The fields of a call that are left out while they have these values.
_USUAL = {"usage": None, "model_reported": None, "finish": "stop", "possibly_billed": 0}


def _call_json(call: Call) -> dict[str, Any]:
    body = {name: getattr(call, name) for name in Call.__slots__}
    if call.usage is not None:
        body["usage"] = {name: getattr(call.usage, name) for name in Usage.__slots__}
    return {name: value for name, value in body.items() if name not in _USUAL or value != _USUAL[name]}


def _call(body: dict[str, Any]) -> Call:
    usage = body.pop("usage", None)
    return Call(**body, usage=None if usage is None else Usage(**usage))


def scores_json(scores: tuple[Score, ...]) -> str:
    """Scores as a list of lists; what has its default value is left out from the end."""
    return dumps([score_fields(score) for score in scores])


def scores_from(text: str) -> tuple[Score, ...]:
    """The scores behind `scores_json`."""
    found = []
    for fields in json.loads(text):
        whole = [*fields, *["scored", None, "", {}, "end_to_end", 0.0, 1.0][len(fields) - 2 :]]
        name, value, status, labels, reason, evidence, stage, low, high = whole
        pair = None if labels is None else (labels[0], labels[1])
        found.append(Score(name, value, status, stage, reason, evidence, pair, low, high))
    return tuple(found)


def facts_json(facts: SuiteFacts) -> dict[str, Any]:
    """What the manifest of a run and a baseline keep of a suite."""
    return {
        "cases": facts.cases,
        "scorers": [[kind, name, dict(options)] for kind, name, options in facts.scorers],
        "fields": dict(facts.fields),
        "measures": [list(pair) for pair in facts.measures],
        "primary": list(facts.primary),
        "effects": {metric: dict(limits) for metric, limits in facts.effects.items()},
        "slices": list(facts.slices),
        "split": list(facts.split),
        "on_error": facts.on_error,
    }


def facts_from(body: Mapping[str, Any]) -> SuiteFacts:
    """The facts behind `facts_json`; keys of a manifest that no comparison reads are passed over."""
    return SuiteFacts(
        cases=body["cases"],
        scorers=tuple((kind, name, options) for kind, name, options in body["scorers"]),
        fields=body["fields"],
        measures=tuple((text, scorer) for text, scorer in body["measures"]),
        primary=tuple(body["primary"]),
        effects=body["effects"],
        slices=tuple(body["slices"]),
        split=tuple(body["split"]),
        on_error=body["on_error"],
    )


def stored_row(found: Sequence[Any], *, mark: bool = False) -> StoredRow:
    """A row from the columns that `SqliteStore.entry_rows` selects."""
    case_id, replicate, outcome, latency_ms, confidence, case, scores = found[:7]
    details, logprobs, tokens = found[7:] or (None, None, None)
    # A text inside the case cannot hold these, for its quotation marks are escaped.
    carried = any(key in case for key in ('"tags":', '"cluster":', '"repeat":'))
    body = json.loads(case) if carried or mark else {}
    return StoredRow(
        case_id,
        replicate,
        outcome,
        latency_ms,
        confidence,
        tags=body.get("tags", {}),
        cluster=body.get("cluster"),
        repeat=body.get("repeat"),
        mark=_case_mark(body) if mark else "",
        scores=stored_scores(json.loads(scores)) if scores else (),
        reported=reported_from(
            json.loads(details) if details else {}, json.loads(logprobs) if logprobs else None, tokens
        ),
    )


def stored_scores(fields: Sequence[Sequence[Any]]) -> tuple[StoredScore, ...]:
    """The scores behind lists as `scores_json` writes them."""
    return tuple(_stored_score(*one) for one in fields)


def _stored_score(
    name: str,
    value: float | None,
    status: ScoreStatus = "scored",
    labels: Sequence[Any] | None = None,
    reason: str = "",
    evidence: Mapping[str, Any] | None = None,
    stage: str = "end_to_end",
    low: float | None = 0.0,
    high: float | None = 1.0,
) -> StoredScore:
    pair = None if labels is None else (labels[0], labels[1])
    return StoredScore(name, value, status, pair, reason, evidence or {}, stage, low, high)


def reported_from(
    details: Mapping[str, Any], logprobs: Sequence[float] | None, tokens: int | None
) -> Reported:
    """What a target reported of itself."""
    if not details and logprobs is None and tokens is None:
        return NOTHING_REPORTED
    return Reported(details, None if logprobs is None else tuple(logprobs), tokens)


def score_fields(score: Score | StoredScore) -> list[Any]:
    """A score as a list; what has its default value is left out from the end."""
    fields = [
        score.name, score.value, score.status, list(score.labels) if score.labels else None,
        score.reason, dict(score.evidence), score.stage, score.low, score.high,
    ]  # fmt: skip
    defaults = [..., ..., "scored", None, "", {}, "end_to_end", 0.0, 1.0]
    while len(fields) > 2 and fields[-1] == defaults[len(fields) - 1]:
        fields.pop()
    return fields


def _case_mark(body: Mapping[str, Any]) -> str:
    """A short digest of a case's inputs and expected value: cases are the same when it is."""
    wanted = [body.get(key) for key in ("inputs", "expected", "gold", "answers", "answerable")]
    return fingerprint(wanted).removeprefix("sha256:")[:16]
