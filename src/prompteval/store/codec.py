"""Rows to JSON text and back, lossless: lone surrogates and NUL stay as they are.

What is read back and is not as it was written raises one of `typed.DAMAGE`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, get_args

from prompteval.core.case import Case, ExpectedCall, UserTurn
from prompteval.core.fingerprint import fingerprint
from prompteval.core.observation import (
    Call,
    Failure,
    Observation,
    Outcome,
    Score,
    ScoreStatus,
    Stage,
    spent_of,
)
from prompteval.core.request import Usage
from prompteval.core.response_json import usage_as_json
from prompteval.core.retrieval import Chunk, Context, Ranking
from prompteval.core.stored import NOTHING_REPORTED, Reported, StoredRow, StoredScore, SuiteFacts
from prompteval.core.trace import Trace
from prompteval.store import typed
from prompteval.store.trace_form import trace_from, trace_values
from prompteval.store.typed import COUNT, FLAG, JSON, LIST, NONE, NUMBER, OBJECT, TEXT, Kinds, loads

_OUTCOMES = frozenset(get_args(Outcome))
_STATUSES, _STAGES = frozenset(get_args(ScoreStatus)), frozenset(get_args(Stage))
_CASE: Kinds = {
    "inputs": JSON, "expected": JSON, "tags": OBJECT, "split": TEXT, "cluster": TEXT, "repeat": COUNT,
    "answerable": FLAG, "line": COUNT, "gold": LIST, "answers": LIST, "tool_calls": LIST,
    "turns": LIST,
}  # fmt: skip
_OBSERVATION: Kinds = {
    "text": TEXT, "output": JSON, "failure": OBJECT, "calls": LIST, "logprobs": LIST, "details": OBJECT,
    "ranking": OBJECT, "reranked": OBJECT, "context": OBJECT, "trace": OBJECT,
    "user_calls": LIST,
    "sent": LIST, "priced_usd": NUMBER,
}  # fmt: skip
_EXPECTED_CALL: Kinds = {"name": TEXT, "arguments": OBJECT}
_TURN: Kinds = {"user": TEXT, "expected": JSON, "tool_calls": LIST}
_FAILURE: Kinds = {"stage": TEXT, "type": TEXT, "message": TEXT}
_CALL: Kinds = {
    "model": TEXT, "key": TEXT, "served_by": TEXT, "attempts": COUNT, "latency_ms": NUMBER,
    "usage": (dict, NONE), "model_reported": (str, NONE), "finish": TEXT, "possibly_billed": COUNT,
}  # fmt: skip
_USAGE: Kinds = {name: FLAG if name == "estimated" else (*NUMBER, NONE) for name in Usage.__slots__}
_RANKING: Kinds = {"hits": LIST, "tied": COUNT, "duplicates": COUNT}
_CHUNK: Kinds = {"doc_id": TEXT, "start": COUNT, "end": COUNT, "text": TEXT, "title": TEXT}
_CONTEXT: Kinds = {
    "kept": LIST, "dropped": LIST, "tokens": COUNT, "budget": (int, NONE), "estimated": FLAG,
    "flags": OBJECT,
}  # fmt: skip
_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode


def dumps(value: object) -> str:
    """Compact JSON in ASCII, so that every text can be stored."""
    return _encode(value)


def case_json(case: Case) -> str:
    """Everything of a case but its id, what is empty left out."""
    return dumps(case_values(case))


def case_values(case: Case) -> dict[str, object]:
    """A case as JSON values, but for its id, what is empty left out."""
    body: dict[str, object] = {"inputs": case.inputs}
    if case.expected is not None:
        body["expected"] = case.expected
    if case.answerable is not None:
        body["answerable"] = case.answerable
    for name in ("tags", "split", "cluster", "repeat", "line"):
        value = getattr(case, name)
        if value not in (None, {}, 0):
            body[name] = dict(value) if name == "tags" else value
    if case.gold:
        body["gold"] = [[dict(span) for span in group] for group in case.gold]
    if case.answers:
        body["answers"] = list(case.answers)
    if case.tool_calls is not None:
        body["tool_calls"] = _wanted(case.tool_calls)
    if case.turns:
        body["turns"] = [turn_values(turn) for turn in case.turns]
    return body


def turn_values(turn: UserTurn) -> dict[str, object]:
    """What a user says as JSON values, what is empty left out."""
    body: dict[str, object] = {"user": turn.user}
    if turn.expected is not None:
        body["expected"] = turn.expected
    if turn.tool_calls is not None:
        body["tool_calls"] = _wanted(turn.tool_calls)
    return body


def _wanted(calls: Sequence[ExpectedCall]) -> list[dict[str, object]]:
    return [{"name": call.name, "arguments": dict(call.arguments)} for call in calls]


def case_from(case_id: str, text: str) -> Case:
    """The case behind `case_json`."""
    body = typed.fields(loads(text), _CASE)
    body["gold"] = tuple(tuple(typed.each(group, dict)) for group in body.get("gold", ()))
    body["answers"] = tuple(typed.each(body.get("answers", []), str))
    typed.each([*body.get("tags", {}).values()], str)
    if "tool_calls" in body:
        body["tool_calls"] = _calls_from(body["tool_calls"])
    if "turns" in body:
        body["turns"] = tuple(_turn_from(turn) for turn in body["turns"])
    return Case(id=case_id, **body)


def _turn_from(body: object) -> UserTurn:
    found = typed.fields(body, _TURN)
    calls = found.pop("tool_calls", None)
    return UserTurn(**found, tool_calls=None if calls is None else _calls_from(calls))


def _calls_from(body: Sequence[object]) -> tuple[ExpectedCall, ...]:
    return tuple(ExpectedCall(**typed.fields(call, _EXPECTED_CALL)) for call in body)


def observation_json(observation: Observation) -> str:
    """An observation without the fields that have columns of their own."""
    return dumps(observation_values(observation))


def observation_values(observation: Observation) -> dict[str, object]:
    """An observation as JSON values, what is empty left out, without the fields that have columns."""
    body: dict[str, object] = {"text": observation.text}
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
    if observation.trace is not None:
        body["trace"] = trace_values(observation.trace)
    if observation.user_calls:
        body["user_calls"] = [_call_json(call) for call in observation.user_calls]
    if observation.sent:
        body["sent"] = [dict(message) for message in observation.sent]
    if observation.priced_usd is not None:
        body["priced_usd"] = observation.priced_usd
    return body


def observation_from(outcome: Any, latency_ms: float, confidence: float | None, text: str) -> Observation:
    """The observation behind `observation_json` and its columns."""
    typed.require(outcome in _OUTCOMES, "a known outcome")
    body = typed.fields(loads(text), _OBSERVATION)
    failure, logprobs = body.get("failure"), body.get("logprobs")
    return Observation(
        outcome=outcome,
        output=body.get("output"),
        text=body["text"],
        failure=None if failure is None else Failure(**typed.fields(failure, _FAILURE)),
        calls=tuple(_call(call) for call in body.get("calls", ())),
        latency_ms=typed.number(latency_ms),
        confidence=typed.optional(confidence, typed.number),
        logprobs=None if logprobs is None else tuple(typed.number(one) for one in logprobs),
        details=body.get("details", {}),
        ranking=_ranking(body.get("ranking")),
        reranked=_ranking(body.get("reranked")),
        context=_context(body.get("context")),
        trace=trace_from(body["trace"]) if "trace" in body else None,
        user_calls=tuple(_call(call) for call in body.get("user_calls", ())),
        sent=tuple(typed.each(body.get("sent", []), dict)),
        priced_usd=typed.optional(body.get("priced_usd"), typed.number),
    )


def _ranking(body: dict[str, object] | None) -> Ranking | None:
    if body is None:
        return None
    found = typed.fields(body, _RANKING)
    hits = tuple((typed.text(name), typed.number(score)) for name, score in found["hits"])
    return Ranking(hits, found["tied"], found["duplicates"])


def _context(body: dict[str, object] | None) -> Context | None:
    if body is None:
        return None
    found = typed.fields(body, _CONTEXT)
    kept = tuple(_chunk(chunk) for chunk in found.pop("kept"))
    dropped: Any = tuple((_chunk(chunk), typed.text(reason)) for chunk, reason in found.pop("dropped"))
    typed.each([*found.get("flags", {}).values()], int)
    return Context(kept, dropped, **found)


def _chunk(body: object) -> Chunk:
    return Chunk(**typed.fields(body, _CHUNK))


def _call_json(call: Call) -> dict[str, object]:
    body: dict[str, object] = {
        "model": call.model, "key": call.key, "served_by": call.served_by, "attempts": call.attempts,
        "latency_ms": call.latency_ms,
    }  # fmt: skip
    if call.usage is not None:
        body["usage"] = usage_as_json(call.usage)
    if call.model_reported is not None:
        body["model_reported"] = call.model_reported
    if call.finish != "stop":
        body["finish"] = call.finish
    if call.possibly_billed:
        body["possibly_billed"] = call.possibly_billed
    return body


def _call(body: object) -> Call:
    found = typed.fields(body, _CALL)
    usage = found.pop("usage", None)
    typed.number(found["latency_ms"])
    return Call(**found, usage=None if usage is None else Usage(**typed.fields(usage, _USAGE)))


def scores_json(scores: tuple[Score, ...]) -> str:
    """Scores as a list of lists; what has its default value is left out from the end."""
    return dumps([score_fields(score) for score in scores])


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


def facts_json(facts: SuiteFacts) -> dict[str, object]:
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
    """The facts behind `facts_json`; keys of a manifest that no comparison reads are skipped."""
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
    more = found[7:]
    typed.require(outcome in _OUTCOMES, "a known outcome")
    # A text inside the case cannot hold these, for its quotation marks are escaped.
    carried = '"tags":' in case or '"cluster":' in case or '"repeat":' in case
    body = typed.fields(loads(case), _CASE) if carried or mark else {}
    return StoredRow(
        case_id,
        replicate,
        outcome,
        typed.number(latency_ms),
        typed.optional(confidence, typed.number),
        tags=body.get("tags", {}),
        cluster=body.get("cluster"),
        repeat=body.get("repeat"),
        mark=_case_mark(body) if mark else "",
        scores=stored_scores(loads(scores)) if scores else (),
        reported=_reported(outcome, latency_ms, more) if more else NOTHING_REPORTED,
    )


def _reported(outcome: Outcome, latency_ms: float, found: Sequence[Any]) -> Reported:
    """What the target reported, from the columns beside those of every row."""
    details, logprobs, tokens, calls, timings, priced = found
    seen = Observation(
        outcome,
        calls=tuple(_call(call) for call in loads(calls)) if calls else (),
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


def stored_scores(fields: object) -> tuple[StoredScore, ...]:
    """The scores behind lists as `scores_json` writes them."""
    return tuple(_stored_score(*one) for one in typed.each(fields, list))


# 1.0 is one of them, too.
_USUAL_ENDS = (None, True, False)


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
        tuple(_call(call) for call in calls),
    )  # fmt: skip


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


_USUAL_SCORE: Sequence[object] = (
    ..., ..., "scored", None, "", {}, "end_to_end", 0.0, 1.0, None, None, [],
)  # fmt: skip


def score_fields(score: Score | StoredScore) -> list[Any]:
    """A score as a list; what has its default value is left out from the end."""
    fields = [
        score.name, score.value, score.status, list(score.labels) if score.labels else None,
        score.reason, dict(score.evidence), score.stage, score.low, score.high, score.passed,
        score.turn, [_call_json(call) for call in score.calls],
    ]  # fmt: skip
    while len(fields) > 2 and fields[-1] == _USUAL_SCORE[len(fields) - 1]:
        fields.pop()
    return fields


def _case_mark(body: Mapping[str, object]) -> str:
    """A short digest of a case's inputs and expected value: cases are the same when it is."""
    wanted = [body.get(key) for key in ("inputs", "expected", "gold", "answers")]
    # Runs from before did not store that a question has no answer: the mark is the same as theirs.
    wanted.append(body.get("answerable") or None)
    if "tool_calls" in body:  # a case without keeps the mark that it had before there were any
        wanted.append(body["tool_calls"])
    if "turns" in body:
        wanted.append({"turns": body["turns"]})
    return fingerprint(wanted).removeprefix("sha256:")[:16]
