"""Bodies of answers, whole and spoilt."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from prompteval.core.strict_json import JsonObject


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to every request whose last user message `when` finds: a text, or an object as JSON."""

    when: str = ""
    text: str = ""
    output: Any = None


def answer_text(replies: Sequence[Reply], body: JsonObject) -> str:
    """The first reply whose rule matches, else a value for the schema, else the message itself."""
    asked = [m["content"] for m in body.get("messages", []) if m.get("role") == "user"]
    last = asked[-1] if asked else ""
    for reply in replies:
        if re.search(reply.when, last):
            return reply.text if reply.output is None else json.dumps(reply.output)
    schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
    return json.dumps(filled(schema)) if schema else last


def filled(schema: JsonObject) -> Any:
    """A value that meets a simple schema: the first label of each enum, an empty text, 1, true, []."""
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        return {name: filled(node) for name, node in schema.get("properties", {}).items()}
    return {"string": "", "integer": 1, "number": 1.0, "boolean": True, "array": []}.get(
        schema.get("type", "")
    )


def completion(body: JsonObject, text: str) -> JsonObject:
    """A whole chat completion."""
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
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": text, "refusal": None},
                "logprobs": {"content": [{"token": "x", "logprob": -0.5}]} if body.get("logprobs") else None,
            }
        ],
        "usage": {"prompt_tokens": 40, "completion_tokens": 3, "total_tokens": 43, **details},
    }


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
        message["content"] = message["content"][: max(len(message["content"]) // 2, 1)]
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
