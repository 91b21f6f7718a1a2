"""Responses of the Responses API, and the events of their streams, made of chat completions."""

from collections.abc import Iterator

from prompteval.core.strict_json import JsonObject

_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


def as_chat(body: JsonObject) -> JsonObject:
    """A request of the Responses API as the chat completion that it asks for."""
    asked, text = body.get("input"), body.get("text", {}).get("format", {})
    messages = _messages(asked) if isinstance(asked, list) else [{"role": "user", "content": asked}]
    return {
        "model": body.get("model"),
        "messages": messages,
        "tools": body.get("tools"),
        "logprobs": "message.output_text.logprobs" in body.get("include", ()),
        "top_logprobs": body.get("top_logprobs"),
        **({"response_format": {"json_schema": {"schema": text["schema"]}}} if "schema" in text else {}),
    }


def _messages(items: list[JsonObject]) -> list[JsonObject]:
    """Items as chat messages: calls in a row are those of one message, with the text before them."""
    found: list[JsonObject] = []
    for item in items:
        if item.get("type") == "function_call_output":
            answer = {"tool_call_id": item["call_id"], "content": item["output"]}
            found.append({"role": "tool", **answer})
        elif item.get("type") == "function_call":
            if not found or found[-1]["role"] != "assistant":
                found.append({"role": "assistant", "content": None})
            found[-1].setdefault("tool_calls", []).append({"id": item["call_id"], "function": item})
        elif item.get("type") != "reasoning":
            found.append(item)
    return found


def wants_thoughts(body: JsonObject) -> bool:
    """Whether a request asks for what the model thinks, encrypted."""
    return "reasoning.encrypted_content" in body.get("include", ())


def response(answer: JsonObject, *, encrypted: bool = False) -> JsonObject:
    """A completion, whole or spoilt, as a response; `encrypted` where the request asked for thoughts so."""
    if "choices" not in answer:
        return answer
    if not answer["choices"]:
        return {**_head(answer), "status": "completed", "output": answer["choices"]}
    choice = answer["choices"][0]
    reason = _INCOMPLETE.get(choice["finish_reason"])
    return {
        **_head(answer),
        "status": "incomplete" if reason else "completed",
        "incomplete_details": {"reason": reason} if reason else None,
        "output": list(_items(choice, encrypted)),
    }


def _head(answer: JsonObject) -> JsonObject:
    head = {"id": "resp_fake", "object": "response", "created_at": 1, "model": answer["model"], "error": None}
    return {**head, "usage": _usage(answer["usage"])} if "usage" in answer else head


def _usage(usage: JsonObject) -> JsonObject:
    names = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
    found: JsonObject = {}
    for name, value in usage.items():
        plain = name.removesuffix("_details")
        found[names.get(plain, plain) + name[len(plain) :]] = value
    return found


def _items(choice: JsonObject, encrypted: bool) -> Iterator[JsonObject]:
    """The items of the output: thoughts without their text, then calls or the message."""
    message, logprobs = choice["message"], choice.get("logprobs") or {}
    thought: JsonObject = {"type": "reasoning", "id": "rs_fake", "summary": []}
    yield {**thought, "encrypted_content": "gAAAfake"} if encrypted else thought
    for call in message.get("tool_calls") or ():
        yield {"type": "function_call", "id": "fc_fake", "call_id": call["id"], **call["function"]}
    parts: list[JsonObject] = []
    if message["content"] is not None:
        parts.append({
            "type": "output_text", "text": message["content"], "annotations": [],
            "logprobs": logprobs.get("content", []),
        })  # fmt: skip
    if message.get("refusal"):
        parts.append({"type": "refusal", "refusal": message["refusal"]})
    if parts:
        head = {"type": "message", "id": "msg_fake", "role": "assistant", "status": "completed"}
        yield {**head, "content": parts}


def response_events(answer: JsonObject) -> Iterator[JsonObject]:
    """The events of a response, in their order; the last one holds all of it."""
    if "output" not in answer:
        yield {"type": "error", **answer["error"]}
        return
    yield {"type": "response.created", "response": {**answer, "status": "in_progress", "output": []}}
    for number, item in enumerate(answer["output"] or ()):
        yield {"type": "response.output_item.added", "output_index": number, "item": {**item, "content": []}}
        yield from _deltas(item)
        yield {"type": "response.output_item.done", "output_index": number, "item": item}
    yield {"type": f"response.{answer['status']}", "response": answer}


def _deltas(item: JsonObject) -> Iterator[JsonObject]:
    named = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    for part in item.get("content", ()):
        kind, key = ("output_text", "text") if part["type"] == "output_text" else ("refusal", "refusal")
        for text in pieces_of(part[key]):
            yield {"type": f"response.{kind}.delta", **named, "delta": text}
    for text in pieces_of(item.get("arguments", "")):
        yield {"type": "response.function_call_arguments.delta", **named, "delta": text}


def pieces_of(text: str) -> list[str]:
    """A text in three pieces or fewer."""
    size = max(1, -(-len(text) // 3))
    return [text[start : start + size] for start in range(0, len(text), size)]
