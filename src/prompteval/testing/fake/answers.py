"""Bodies of answers, whole and spoilt."""

import json
import math
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prompteval.core.strict_json import JsonObject


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to every request whose last user message `when` finds: a text, or an object as JSON.

    `tool_calls` are its first replies, one for each list of (name, arguments): calls side by side. The text
    or object comes behind them, once as many replies with calls are in the conversation since that message.
    Arguments that are a text are sent as they are, JSON or not. A request without tools gets no calls.
    `odds` are the alternatives of each word that they name, with their probabilities, for a request that asks
    for them.
    """

    when: str = ""
    text: str = ""
    output: Any = None
    tool_calls: Sequence[Sequence[tuple[str, Any]]] = ()
    odds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """What a model says: a text, or the (name, arguments) of calls side by side."""

    text: str | None
    calls: tuple[tuple[str, Any], ...] = ()
    odds: Mapping[str, float] = field(default_factory=dict)


def answer_of(replies: Sequence[Reply], body: JsonObject) -> Said:
    """The first reply whose rule matches, else a value for the schema, else the message itself.

    Calls are made only where the request offers tools.
    """
    messages = body.get("messages", [])
    places = [place for place, message in enumerate(messages) if message.get("role") == "user"]
    last = _text_of(messages[places[-1]]["content"]) if places else ""
    for reply in replies:
        if re.search(reply.when, last):
            step = sum(bool(message.get("tool_calls")) for message in messages[places[-1] if places else 0 :])
            if body.get("tools") and step < len(reply.tool_calls):
                return Said(None, tuple(reply.tool_calls[step]))
            text = reply.text if reply.output is None else json.dumps(reply.output)
            return Said(text, odds=reply.odds)
    schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
    return Said(json.dumps(filled(schema)) if schema else last)


def _text_of(content: object) -> str:
    """The text of a message; of parts, as where files are shown, all of their texts."""
    if isinstance(content, list):
        return "".join(part["text"] for part in content if "text" in part)
    return str(content)


def filled(schema: JsonObject) -> Any:
    """A value that meets a simple schema: the first label of each enum, an empty text, 1, true, []."""
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        return {name: filled(node) for name, node in schema.get("properties", {}).items()}
    return {"string": "", "integer": 1, "number": 1.0, "boolean": True, "array": []}.get(
        schema.get("type", "")
    )


def completion(body: JsonObject, said: Said) -> JsonObject:
    """A whole chat completion; each call has an id of its own, as servers make them."""
    message: JsonObject = {"role": "assistant", "content": said.text, "refusal": None}
    if said.calls:
        message["tool_calls"] = [_call(*call) for call in said.calls]
    details = {
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "created": 1,
        "model": body.get("model"),
        "system_fingerprint": "fp_fake",
        "choices": [
            {
                "index": 0,
                "finish_reason": "tool_calls" if said.calls else "stop",
                "message": message,
                "logprobs": {"content": _tokens(body, said)} if body.get("logprobs") else None,
            }
        ],
        "usage": {"prompt_tokens": 40, "completion_tokens": 3, "total_tokens": 43, **details},
    }


def _tokens(body: JsonObject, said: Said) -> list[JsonObject]:
    """One token with its log probability; with `top_logprobs` each word of the text and its alternatives."""
    if not body.get("top_logprobs"):
        return [{"token": "x", "logprob": -0.5}]
    found: list[JsonObject] = []
    for word in re.findall(r"\w+|\W", said.text or ""):
        odds = said.odds if word in said.odds else {word: 1.0}
        top = [{"token": other, "logprob": math.log(share)} for other, share in odds.items()]
        found.append({"token": word, "logprob": math.log(odds[word]), "top_logprobs": top})
    return found


def _call(name: str, arguments: object) -> JsonObject:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    function = {"name": name, "arguments": text}
    return {"id": f"call_{secrets.token_hex(8)}", "type": "function", "function": function}


def spoilt(answer: JsonObject, kind: str) -> JsonObject:
    """A completion with a fault of its content; other kinds leave it unchanged."""
    choice = answer["choices"][0]
    message = choice["message"]
    if kind == "error_body":
        return {"error": {"message": "a chosen fault"}}
    if kind in ("null_choices", "no_choices"):
        answer["choices"] = None if kind == "null_choices" else []
    elif kind == "null_content":
        message["content"] = None
    elif kind == "tool_calls":
        message["content"] = None
        function = {"name": "f", "arguments": "{}"}
        message["tool_calls"] = [{"id": "t", "type": "function", "function": function}]
        choice["finish_reason"] = "tool_calls"
    elif kind == "refusal":
        message.update(content=None, refusal="I cannot help with that.")
    elif kind == "filter":
        message["content"] = None
        choice["finish_reason"] = "content_filter"
    elif kind == "length":
        text = message["content"] or ""
        message["content"] = text[: max(len(text) // 2, 1)]
        choice["finish_reason"] = "length"
    elif kind == "no_usage":
        del answer["usage"]
    elif kind == "silly_usage":
        answer["usage"] = {"prompt_tokens": -5, "completion_tokens": "many", "total_tokens": 10**18}
    elif kind == "other_model":
        answer["model"] = "another-model"
    return answer


def embeddings(body: JsonObject) -> JsonObject:
    """One vector a text: its length, and 1."""
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    rows = [
        {"object": "embedding", "index": i, "embedding": [float(len(text)), 1.0]}
        for i, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
    return {"object": "list", "model": body.get("model"), "data": rows, "usage": usage}


def error_body(message: str, code: str) -> JsonObject:
    """An error as the servers write it."""
    return {"error": {"message": message, "type": code, "code": code}}
