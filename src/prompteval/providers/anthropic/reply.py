"""A message of Anthropic's Messages API, read with suspicion.

Its form: the API reference, "Create a Message", and "Errors".
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from prompteval.core.errors import ProviderError
from prompteval.core.request import Finish, Response, Usage
from prompteval.core.response_json import token_count
from prompteval.core.secret import hide, holds_secret
from prompteval.core.strict_json import JsonObject
from prompteval.core.tools import Thought
from prompteval.providers.openai.calls import read_calls
from prompteval.providers.openai.errors import as_words, bad_reply
from prompteval.providers.openai.reply import (
    ended_by_calls,
    kept_details,
    refusal_text,
    refuse_empty,
)
from prompteval.providers.openai.responses_reply import failed_response

_FINISH: Final[Mapping[str, Finish]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "refusal",
}
# A turn of the server's own tools that is to be continued: what it says so far is no answer.
_PAUSED: Final = "pause_turn"
# The status that an error has outside of a body or stream of status 200 (API reference, "Errors").
STATUSES: Final[Mapping[str, int]] = {
    "invalid_request_error": 400, "authentication_error": 401, "billing_error": 402, "permission_error": 403,
    "not_found_error": 404, "request_too_large": 413, "rate_limit_error": 429, "api_error": 500,
    "timeout_error": 504, "overloaded_error": 529,
}  # fmt: skip
REFUSED: Final = "the model refused, and gave no reason"


def read_message(
    raw: object,
    excerpt: Callable[[], str],
    request_id: str | None,
    latency_ms: float,
    *,
    by_tool: bool = False,
) -> Response:
    """The reply in the JSON values of a body, with every secret in it hidden.

    With `by_tool` the answer is the input of the tool that was asked for; else calls are the reply's. Raises
    ProviderError, with the body's `excerpt`, where there is neither.
    """
    if not isinstance(raw, dict):
        raise bad_reply("the reply is not a JSON object", excerpt())
    if raw.get("error") or raw.get("type") == "error":
        raise error_in(raw, "the server answered 200 with an error", excerpt())
    blocks = raw.get("content")
    if not isinstance(blocks, list):
        raise bad_reply("the reply has no content", excerpt())
    known = [block for block in blocks if isinstance(block, dict)]
    texts = [block["text"] for block in known if block.get("type") == "text" and _is_text(block, "text")]
    uses = [block for block in known if block.get("type") == "tool_use"]
    content = "".join(texts) if texts else None
    reason = as_words(raw.get("stop_reason") or "")
    if reason == _PAUSED:
        raise bad_reply("the server paused the turn before its end", excerpt())
    finish = _FINISH.get(reason, "unknown")
    if by_tool and uses:
        content, finish = as_words(uses[0].get("input")), "stop" if finish == "tool_calls" else finish
    asked = () if by_tool else read_calls([_as_call(block) for block in uses], excerpt)
    refusal = _refusal(raw, content) if finish == "refusal" else None
    if content is None and not asked and not refusal:
        refuse_empty(finish, uses, excerpt)
    kept, model = kept_details(raw, request_id)
    usage, written = _usage(raw.get("usage"))
    return Response(
        text="" if refusal else hide(content or ""),
        finish=ended_by_calls(finish) if asked else finish,
        model_reported=model,
        usage=usage,
        latency_ms=latency_ms,
        refusal=refusal_text(refusal),
        details={**kept, **({"cache_write_tokens": written} if written else {})},
        tool_calls=asked,
        thoughts=tuple(_thoughts(known)) if asked else (),
    )


def error_in(raw: JsonObject, what: str, text: str) -> ProviderError:
    """What the error in a body or an event means."""
    return failed_response(raw.get("error") or {}, what, text, STATUSES)


def _as_call(block: JsonObject) -> JsonObject:
    return {"id": block.get("id"), "name": block.get("name"), "arguments": json.dumps(block.get("input"))}


def _refusal(raw: JsonObject, text: str | None) -> str:
    """Why the model refused: as it says, else what it had written."""
    details = raw.get("stop_details")
    said = details.get("explanation") or details.get("category") if isinstance(details, dict) else None
    return said if isinstance(said, str) and said else text or REFUSED


def _thoughts(blocks: list[JsonObject]) -> Iterator[Thought]:
    """What goes back with the results of the calls, unchanged: its type, and its text with its signature."""
    for block in blocks:
        if block.get("type") == "redacted_thinking" and _is_text(block, "data"):
            yield Thought("redacted_thinking", block["data"])
        signed = _is_text(block, "thinking") and _is_text(block, "signature")
        if block.get("type") == "thinking" and signed and not holds_secret(block["thinking"]):
            yield Thought("thinking", json.dumps([block["thinking"], block["signature"]]))


def _is_text(block: JsonObject, key: str) -> bool:
    return isinstance(block.get(key), str)


def _usage(raw: object) -> tuple[Usage | None, int]:
    """(tokens, those that were written to the cache): a prompt's are fresh, read from and written to it."""
    if not isinstance(raw, dict):
        return None, 0
    fresh, read, written = (
        token_count(raw.get(name))
        for name in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    )
    details = raw.get("output_tokens_details")
    thought = token_count(details.get("thinking_tokens")) if isinstance(details, dict) else None
    prompt = None if fresh is None else fresh + (read or 0) + (written or 0)
    return Usage(prompt, token_count(raw.get("output_tokens")), read, thought), written or 0
