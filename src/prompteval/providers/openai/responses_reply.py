"""A response of the Responses API, read with suspicion.

Its form: the API reference of OpenAI, "The response object".
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from prompteval.core.errors import ProviderError
from prompteval.core.request import Finish, Response, Usage
from prompteval.core.response_json import is_logprob, token_count
from prompteval.core.secret import hide, holds_secret
from prompteval.core.strict_json import JsonObject
from prompteval.core.tools import Thought
from prompteval.providers.openai.alternatives import alternatives_of
from prompteval.providers.openai.calls import read_calls
from prompteval.providers.openai.errors import (
    LONGEST_MESSAGE,
    as_words,
    bad_reply,
    error_code_and_message,
    made_error,
)
from prompteval.providers.openai.filters import FILTERED
from prompteval.providers.openai.reply import (
    ended_by_calls,
    kept_details,
    refusal_text,
    refuse_empty,
)

# Why a response is incomplete.
_INCOMPLETE: Final[dict[str, Finish]] = {
    "max_output_tokens": "length",
    "max_tokens": "length",
    "content_filter": "content_filter",
}
# The status that a request would have had, by the code of a response that failed; another is a wrong request.
_FAILED: Final[Mapping[str, int]] = {
    "rate_limit_exceeded": 429,
    "server_error": 500,
    "internal_server_error": 500,
    "overloaded_error": 503,
    "service_unavailable": 503,
    "vector_store_timeout": 500,
}


def read_response(
    raw: object,
    excerpt: Callable[[], str],
    request_id: str | None,
    latency_ms: float,
    *,
    by_tool: bool = False,
) -> Response:
    """The reply in the JSON values of a body, with every secret in it hidden.

    With `by_tool` the answer is the arguments of the function call that was asked for; else calls are the
    reply's. Raises ProviderError, with the body's `excerpt`, when there is neither: bad_response, empty, or
    what the error inside the body means.
    """
    if not isinstance(raw, dict):
        raise bad_reply("the reply is not a JSON object", excerpt())
    if raw.get("error") or raw.get("status") == "failed":
        raise failed_response(raw.get("error") or {}, "the response failed", excerpt())
    finish, output = _finish(raw, excerpt), raw.get("output")
    if not isinstance(output, list):
        raise bad_reply("the reply has no output", excerpt())
    items = [item for item in output if isinstance(item, dict)]
    texts = [part for part in _parts(items) if part.get("type") == "output_text"]
    content = "".join(part["text"] for part in texts if isinstance(part.get("text"), str)) if texts else None
    refusal = next((part.get("refusal") for part in _parts(items) if part.get("type") == "refusal"), None)
    calls = [item for item in items if item.get("type") == "function_call"]
    if by_tool and calls:
        content = as_words(calls[0].get("arguments") or "") or content
    asked = () if by_tool else read_calls(calls, excerpt)
    if content is None and not asked and not refusal:
        refuse_empty(finish, calls, excerpt)
    kept, model = kept_details(raw, request_id)
    return Response(
        text=hide(content or ""),
        finish=ended_by_calls(finish) if asked else finish,
        model_reported=model,
        usage=usage_of(raw.get("usage")),
        latency_ms=latency_ms,
        logprobs=_logprobs(texts),
        refusal=refusal_text(refusal),
        details={**kept, **alternatives_of(content or "", _tokens(texts))},
        tool_calls=asked,
        thoughts=tuple(_thoughts(items)) if asked else (),
    )


def _thoughts(items: list[JsonObject]) -> Iterator[Thought]:
    """What the server gives to be sent back with the results of the calls."""
    for item in items:
        name, encrypted = item.get("id"), item.get("encrypted_content")
        if item.get("type") != "reasoning" or not isinstance(name, str) or not isinstance(encrypted, str):
            continue
        if not holds_secret(name + encrypted):
            yield Thought(name, encrypted)


def _finish(raw: JsonObject, excerpt: Callable[[], str]) -> Finish:
    """How a response ended. Raises ProviderError for one that did not end with an answer."""
    status, details = raw.get("status"), raw.get("incomplete_details")
    reason = details.get("reason") if isinstance(details, dict) else None
    if status in ("completed", None) and not reason:
        return "stop"
    if isinstance(reason, str) and reason in _INCOMPLETE:
        return _INCOMPLETE[reason]
    why = f": {hide(as_words(reason))[:200]}" if reason else ""
    raise bad_reply(f"the response is {hide(as_words(status))[:80]}{why}", excerpt())


def failed_response(
    error: object, what: str, text: str, statuses: Mapping[str, int] = _FAILED
) -> ProviderError:
    """An error in place of an answer, by its code; one without a code may pass."""
    code, server_message = error_code_and_message({"error": error})
    message = hide(f"{what}: {': '.join(filter(None, (code, server_message))) or 'no reason given'}")[
        :LONGEST_MESSAGE
    ]
    if not code:
        return bad_reply(message, text)
    number = error.get("code") if isinstance(error, dict) else None
    status = number if isinstance(number, int) and 400 <= number < 600 else statuses.get(code, 400)
    made = made_error(status, {}, code, server_message, text)
    if made.kind == FILTERED:
        return made
    return ProviderError(made.kind, message, retryable=made.retryable, possibly_billed=True, excerpt=text)


def _parts(items: list[JsonObject]) -> Iterator[JsonObject]:
    """The parts of the answer: those of every message that is not a remark on the way to it."""
    for item in items:
        content = item.get("content")
        if item.get("type") == "message" and not is_remark(item) and isinstance(content, list):
            yield from (part for part in content if isinstance(part, dict))


def is_remark(item: JsonObject) -> bool:
    """Whether an item of the output is what a model says before its answer."""
    return item.get("phase") == "commentary"


def usage_of(raw: object) -> Usage | None:
    """Token counts by the names of responses and decisions; None for what is no mapping."""
    if not isinstance(raw, dict):
        return None
    read, written = raw.get("input_tokens_details"), raw.get("output_tokens_details")
    return Usage(
        prompt_tokens=token_count(raw.get("input_tokens")),
        completion_tokens=token_count(raw.get("output_tokens")),
        cached_tokens=token_count(read.get("cached_tokens")) if isinstance(read, dict) else None,
        reasoning_tokens=token_count(written.get("reasoning_tokens")) if isinstance(written, dict) else None,
    )


def _tokens(texts: list[JsonObject]) -> list[JsonObject]:
    return [
        token
        for part in texts
        if isinstance(part.get("logprobs"), list)
        for token in part["logprobs"]
        if isinstance(token, dict)
    ]


def _logprobs(texts: list[JsonObject]) -> tuple[float, ...] | None:
    found: list[Any] = [token.get("logprob") for token in _tokens(texts)]
    return tuple(float(value) for value in found if is_logprob(value)) or None
