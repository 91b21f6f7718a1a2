"""What a row's `.jsonl` line says beside the output: the keys of a result, which `outputs:` reads again."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields

from prompteval.core.observation import Observation
from prompteval.core.retrieval import Chunk, Ranking
from prompteval.core.trace import CitedPassage, RetrievedPassage, ToolCall, Trace

_SPAN = re.compile(r"(.*):([0-9]{1,9})-([0-9]{1,9})\Z", re.DOTALL)


def result_keys(seen: Observation) -> dict[str, object]:
    """The keys of a result that an observation has, of a pipeline of ours or of a team's own system."""
    found = dict(_traced(seen.trace)) if seen.trace is not None else {}
    if seen.ranking is not None:
        found.update(_pipeline(seen, seen.ranking))
    if seen.reported_cost_usd is not None:
        found["cost_usd"] = seen.reported_cost_usd
    return found


def _traced(trace: Trace) -> Iterator[tuple[str, object]]:
    if trace.abstain is not None:
        yield "abstain", trace.abstain
    for name in ("retrieved", "reranked", "context", "citations", "tool_calls"):
        parts = getattr(trace, name)
        if parts is not None:
            yield name, [_values(part) for part in parts]
    if trace.dropped is not None:
        yield "dropped", [{**_values(one.passage), "reason": one.reason} for one in trace.dropped]
    if trace.messages is not None:
        yield "messages", [dict(message) for message in trace.messages]
    if trace.turns is not None:
        yield "turns", [dict(_turn(turn)) for turn in trace.turns]
    if trace.timings:
        yield "timings", dict(trace.timings)


def _turn(turn: Trace) -> Iterator[tuple[str, object]]:
    yield "output", turn.output if turn.outcome == "ok" else turn.text or None
    if turn.outcome != "ok":
        yield "error", {"type": turn.outcome, "message": turn.error}
    yield from _traced(turn)


def _pipeline(seen: Observation, ranking: Ranking) -> Iterator[tuple[str, object]]:
    """Candidates by their place in the corpus; of the first k, in their last order, the size as packed."""
    order = ranking if seen.reranked is None else seen.reranked
    sizes = dict(zip(order.ids, seen.details.get("sizes", ()), strict=False))
    yield "retrieved", [_candidate(name, score, sizes) for name, score in ranking.hits]
    if seen.reranked is not None:
        yield "reranked", [_candidate(name, score, sizes) for name, score in seen.reranked.hits]
    if seen.context is not None:
        yield "context", [_packed(chunk, sizes) for chunk in seen.context.kept]
        yield (
            "dropped",
            [{**_packed(chunk, sizes), "reason": reason} for chunk, reason in seen.context.dropped],
        )


def _candidate(name: str, score: float, sizes: Mapping[str, int]) -> dict[str, object]:
    match = _SPAN.match(name)
    place = {"doc": match[1], "start": int(match[2]), "end": int(match[3])} if match else {"doc": name}
    return {**place, "id": name, "score": score, **_size(name, sizes)}


def _packed(chunk: Chunk, sizes: Mapping[str, int]) -> dict[str, object]:
    title = {"title": chunk.title} if chunk.title else {}
    place = {"doc": chunk.doc_id, "text": chunk.text, "start": chunk.start, "end": chunk.end}
    return {**place, **title, "id": chunk.id, **_size(chunk.id, sizes)}


def _size(name: str, sizes: Mapping[str, int]) -> dict[str, int]:
    return {"tokens": sizes[name]} if name in sizes else {}


def _values(part: RetrievedPassage | CitedPassage | ToolCall) -> dict[str, object]:
    found = {one.name: getattr(part, one.name) for one in fields(part)}
    if isinstance(part, ToolCall) and part.unread:  # which `outputs:` reads as what it is
        found.update(arguments=part.unread, unread="")
    return {name: value for name, value in found.items() if value is not None and value != ""}
