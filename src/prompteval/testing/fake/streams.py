"""Chat completions in chunks, and events as bytes."""

import json
from collections.abc import Iterable, Iterator

from prompteval.core.strict_json import JsonObject
from prompteval.testing.fake.responses import pieces_of


def chunks(answer: JsonObject, *, usage: bool) -> Iterator[JsonObject]:
    """The chunks of a completion, whole or spoilt; its tokens in one more where they were asked for."""
    head = {"id": answer.get("id"), "object": "chat.completion.chunk", "model": answer.get("model")}
    head |= {"system_fingerprint": answer.get("system_fingerprint")}
    if not answer.get("choices"):
        yield {**answer, **({} if "error" in answer else head)}
        return
    choice = answer["choices"][0]
    for delta in _deltas(choice["message"]):
        yield {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    last = {
        "index": 0,
        "delta": {},
        "finish_reason": choice["finish_reason"],
        "logprobs": choice.get("logprobs"),
    }
    yield {**head, "choices": [last]}
    if usage and "usage" in answer:
        yield {**head, "choices": [], "usage": answer["usage"]}


def _deltas(message: JsonObject) -> Iterator[JsonObject]:
    yield {"role": "assistant", "content": "" if message["content"] is not None else None}
    for text in pieces_of(message["content"] or ""):
        yield {"content": text}
    for text in pieces_of(message.get("refusal") or ""):
        yield {"refusal": text}
    for number, call in enumerate(message.get("tool_calls") or ()):
        function = call["function"]
        yield {"tool_calls": [{**call, "index": number, "function": {**function, "arguments": ""}}]}
        for text in pieces_of(function.get("arguments", "")):
            yield {"tool_calls": [{"index": number, "function": {"arguments": text}}]}


def event_lines(events: Iterable[JsonObject], *, named: bool) -> list[bytes]:
    """Server-sent events: with names in the Responses API, with an end of their own in chat completions."""
    found = []
    for event in events:
        name = f"event: {event.get('type')}\n" if named else ""
        found.append(f"{name}data: {json.dumps(event)}\n\n".encode())
    return found if named else [*found, b"data: [DONE]\n\n"]
