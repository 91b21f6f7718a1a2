"""Observations to JSON text and back, without the fields that have columns of their own.

What is read back and is not as it was written raises one of `typed.DAMAGE`.
"""

from dataclasses import asdict
from typing import Any, get_args

from prompteval.core.observation import Failure, Observation, Outcome
from prompteval.core.retrieval import Chunk, Context, Ranking
from prompteval.store import typed
from prompteval.store.call_form import call_from, call_values
from prompteval.store.trace_form import trace_from, trace_values
from prompteval.store.typed import COUNT, FLAG, JSON, LIST, NONE, NUMBER, OBJECT, TEXT, Kinds, dumps, loads

OUTCOMES = frozenset(get_args(Outcome))
_OBSERVATION: Kinds = {
    "text": TEXT, "output": JSON, "failure": OBJECT, "calls": LIST, "logprobs": LIST, "details": OBJECT,
    "ranking": OBJECT, "reranked": OBJECT, "context": OBJECT, "trace": OBJECT,
    "user_calls": LIST,
    "sent": LIST, "priced_usd": NUMBER,
}  # fmt: skip
_FAILURE: Kinds = {"stage": TEXT, "type": TEXT, "message": TEXT}
_RANKING: Kinds = {"hits": LIST, "tied": COUNT, "duplicates": COUNT}
_CHUNK: Kinds = {"doc_id": TEXT, "start": COUNT, "end": COUNT, "text": TEXT, "title": TEXT}
_CONTEXT: Kinds = {
    "kept": LIST, "dropped": LIST, "tokens": COUNT, "budget": (int, NONE), "estimated": FLAG,
    "flags": OBJECT,
}  # fmt: skip


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
        body["calls"] = [call_values(call) for call in observation.calls]
    if observation.logprobs is not None:
        body["logprobs"] = list(observation.logprobs)
    if observation.details:
        body["details"] = dict(observation.details)
    stages = (
        ("ranking", observation.ranking),
        ("reranked", observation.reranked),
        ("context", observation.context),
    )
    body |= {name: asdict(found) for name, found in stages if found is not None}
    if observation.trace is not None:
        body["trace"] = trace_values(observation.trace)
    if observation.user_calls:
        body["user_calls"] = [call_values(call) for call in observation.user_calls]
    if observation.sent:
        body["sent"] = [dict(message) for message in observation.sent]
    if observation.priced_usd is not None:
        body["priced_usd"] = observation.priced_usd
    return body


def observation_from(outcome: Any, latency_ms: float, confidence: float | None, text: str) -> Observation:
    """The observation behind `observation_json` and its columns."""
    typed.require(outcome in OUTCOMES, "a known outcome")
    body = typed.fields(loads(text), _OBSERVATION)
    failure, logprobs = body.get("failure"), body.get("logprobs")
    return Observation(
        outcome=outcome,
        output=body.get("output"),
        text=body["text"],
        failure=None if failure is None else Failure(**typed.fields(failure, _FAILURE)),
        calls=tuple(call_from(call) for call in body.get("calls", ())),
        latency_ms=typed.number(latency_ms),
        confidence=typed.optional(confidence, typed.number),
        logprobs=None if logprobs is None else tuple(typed.number(one) for one in logprobs),
        details=body.get("details", {}),
        ranking=_ranking(body.get("ranking")),
        reranked=_ranking(body.get("reranked")),
        context=_context(body.get("context")),
        trace=trace_from(body["trace"]) if "trace" in body else None,
        user_calls=tuple(call_from(call) for call in body.get("user_calls", ())),
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
