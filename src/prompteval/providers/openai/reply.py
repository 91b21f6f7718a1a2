"""A chat completion's body, read with suspicion."""

import json
from math import isfinite
from typing import Any

from prompteval.core.errors import ProviderError
from prompteval.core.request import Finish, Response, Usage

_FINISH: dict[str, Finish] = {
    "stop": "stop",
    "length": "length",
    "content_filter": "content_filter",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
}
MOST_TOKENS = 100_000_000


def read_reply(body: bytes, request_id: str | None, latency_ms: float) -> Response:
    """The reply in a body. Raises ProviderError(bad_response or empty) when there is none."""
    try:
        text = body.decode("utf-8")
        raw = json.loads(text)
    except (ValueError, RecursionError):
        raise _bad("the reply is not JSON", body.decode("utf-8", "replace")) from None
    if not isinstance(raw, dict):
        raise _bad("the reply is no JSON object", text)
    if raw.get("error"):
        raise _bad(f"the server answered 200 with an error: {str(raw['error'])[:200]}", text)
    choices = raw.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise _bad("the reply has no choices", text)
    message = choices[0].get("message")
    if not isinstance(message, dict):
        raise _bad("the reply has no message", text)
    finish = _FINISH.get(str(choices[0].get("finish_reason")), "unknown")
    content, refusal = message.get("content"), message.get("refusal")
    if not isinstance(content, str):
        content = ""
        if not refusal and finish not in ("content_filter", "length"):
            what = "only tool calls" if message.get("tool_calls") else "no content"
            raise ProviderError(
                "empty", f"the reply has {what}", retryable=True, possibly_billed=True, excerpt=text[:500]
            )
    details = {"system_fingerprint": raw.get("system_fingerprint"), "service_tier": raw.get("service_tier")}
    details["request_id"] = request_id
    return Response(
        text=content,
        finish=finish,
        model_reported=raw.get("model") if isinstance(raw.get("model"), str) else None,
        usage=_usage(raw.get("usage")),
        latency_ms=latency_ms,
        logprobs=_logprobs(choices[0].get("logprobs")),
        refusal=str(refusal) if refusal else None,
        details={name: value for name, value in details.items() if isinstance(value, str)},
    )


def _bad(message: str, text: str) -> ProviderError:
    return ProviderError("bad_response", message, retryable=True, possibly_billed=True, excerpt=text[:500])


def _usage(raw: Any) -> Usage | None:
    """Token counts; whatever is negative, absurd or no whole number is None."""
    if not isinstance(raw, dict):
        return None
    prompt_details = raw.get("prompt_tokens_details")
    completion_details = raw.get("completion_tokens_details")
    return Usage(
        prompt_tokens=_count(raw.get("prompt_tokens")),
        completion_tokens=_count(raw.get("completion_tokens")),
        cached_tokens=_count(prompt_details.get("cached_tokens"))
        if isinstance(prompt_details, dict)
        else None,
        reasoning_tokens=(
            _count(completion_details.get("reasoning_tokens"))
            if isinstance(completion_details, dict)
            else None
        ),
    )


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= MOST_TOKENS else None


def _logprobs(raw: Any) -> tuple[float, ...] | None:
    tokens = raw.get("content") if isinstance(raw, dict) else None
    if not isinstance(tokens, list):
        return None
    values = [token.get("logprob") for token in tokens if isinstance(token, dict)]
    return tuple(float(value) for value in values if isinstance(value, int | float) and isfinite(value))
