"""A chat completion's body, read with suspicion."""

from collections.abc import Callable
from typing import Any

from prompteval.core.errors import ProviderError
from prompteval.core.request import Finish, Response, Usage
from prompteval.core.response_json import is_logprob, token_count
from prompteval.core.secret import hide
from prompteval.providers.openai.errors import as_words

_FINISH: dict[str, Finish] = {
    "stop": "stop",
    "length": "length",
    "content_filter": "content_filter",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
}
# What a server says beside the text itself is kept with every row.
LONGEST_NAME = 300
LONGEST_REFUSAL = 20_000


def read_reply(raw: Any, excerpt: Callable[[], str], request_id: str | None, latency_ms: float) -> Response:
    """The reply in the JSON values of a body, with every secret in it hidden.

    Raises ProviderError(bad_response or empty), with the body's `excerpt`, when there is none.
    """
    if not isinstance(raw, dict):
        raise bad_reply("the reply is not a JSON object", excerpt())
    if raw.get("error"):
        said = hide(as_words(raw["error"]))[:200]
        raise bad_reply(f"the server answered 200 with an error: {said}", excerpt())
    choices = raw.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise bad_reply("the reply has no choices", excerpt())
    message = choices[0].get("message")
    if not isinstance(message, dict):
        raise bad_reply("the reply has no message", excerpt())
    reason = choices[0].get("finish_reason")
    finish = _FINISH.get(reason, "unknown") if isinstance(reason, str) else "unknown"
    content, refusal = message.get("content"), message.get("refusal")
    if not isinstance(content, str):
        content = ""
        if not refusal and finish not in ("content_filter", "length"):
            what = "only tool calls" if message.get("tool_calls") else "no content"
            raise ProviderError(
                "empty", f"the reply has {what}", retryable=True, possibly_billed=True, excerpt=excerpt()
            )
    details = {"system_fingerprint": raw.get("system_fingerprint"), "service_tier": raw.get("service_tier")}
    details["request_id"] = request_id
    details["model"] = raw.get("model")
    told = {name: _short(value, LONGEST_NAME) for name, value in details.items() if isinstance(value, str)}
    return Response(
        text=hide(content),
        finish=finish,
        model_reported=told.pop("model", None),
        usage=_usage(raw.get("usage")),
        latency_ms=latency_ms,
        logprobs=_logprobs(choices[0].get("logprobs")),
        refusal=_short(as_words(refusal), LONGEST_REFUSAL) if refusal else None,
        details=told,
    )


def _short(text: str, most: int) -> str:
    return hide(text)[:most]


def bad_reply(message: str, text: str) -> ProviderError:
    return ProviderError("bad_response", message, retryable=True, possibly_billed=True, excerpt=text)


def _usage(raw: Any) -> Usage | None:
    """Token counts; whatever is negative, absurd or no whole number is None."""
    if not isinstance(raw, dict):
        return None
    prompt_details = raw.get("prompt_tokens_details")
    completion_details = raw.get("completion_tokens_details")
    return Usage(
        prompt_tokens=token_count(raw.get("prompt_tokens")),
        completion_tokens=token_count(raw.get("completion_tokens")),
        cached_tokens=token_count(prompt_details.get("cached_tokens"))
        if isinstance(prompt_details, dict)
        else None,
        reasoning_tokens=(
            token_count(completion_details.get("reasoning_tokens"))
            if isinstance(completion_details, dict)
            else None
        ),
    )


def _logprobs(raw: Any) -> tuple[float, ...] | None:
    tokens = raw.get("content") if isinstance(raw, dict) else None
    if not isinstance(tokens, list):
        return None
    values: list[Any] = [token.get("logprob") for token in tokens if isinstance(token, dict)]
    return tuple(float(value) for value in values if is_logprob(value)) or None
