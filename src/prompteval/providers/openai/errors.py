"""What a server's status, headers or silence means, as the kinds of ProviderError."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from prompteval.core.errors import ProviderError
from prompteval.core.params import PARAMS
from prompteval.core.secret import hide
from prompteval.core.strict_json import JsonObject
from prompteval.providers.openai.filters import filtered_error, is_filter_code, says_filtered
from prompteval.providers.openai.spent import says_spent
from prompteval.wire import HttpAnswer

LONGEST_CODE = 80
LONGEST_MESSAGE = 300
LONGEST_REFUSAL = 20_000
LONGEST_SPAN = 40
LONGEST_WISH_SECONDS = 86_400.0
_WORD = re.compile(r"[a-z_]+")
_WANTED = re.compile(r"use \W?max_completion_tokens", re.IGNORECASE)
_DROPPABLE = tuple(name for name in PARAMS if name not in ("max_output_tokens", "stop"))
_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What a server says is left, and in how many seconds it is filled again; None where it does not say."""

    remaining_requests: int | None = None
    remaining_tokens: int | None = None
    reset_requests_s: float | None = None
    reset_tokens_s: float | None = None


def server_limits(headers: Mapping[str, str]) -> ServerLimits | None:
    """The `x-ratelimit-*` headers; None when there is none, or nothing readable in them."""
    requests = headers.get("x-ratelimit-remaining-requests")
    tokens = headers.get("x-ratelimit-remaining-tokens")
    if requests is None and tokens is None:
        return None
    found = ServerLimits(
        whole(requests),
        whole(tokens),
        _span(headers.get("x-ratelimit-reset-requests")),
        _span(headers.get("x-ratelimit-reset-tokens")),
    )
    return None if found == ServerLimits() else found


def status_error(answer: HttpAnswer, *, without_key: bool = False) -> ProviderError:
    """An answer other than 200, to a request that was sent `without_key`."""
    code, server_message = error_of_answer(answer)
    return made_error(
        answer.status, answer.headers, code, server_message, answer.excerpt(), without_key=without_key
    )


def error_of_answer(answer: HttpAnswer) -> tuple[str, str]:
    """(code, message) of an answer's body; its first words where it is not JSON."""
    try:
        return error_code_and_message(answer.json())
    except ValueError:
        return "", " ".join(answer.excerpt().split())


def made_error(
    status: int,
    headers: Mapping[str, str],
    code: str,
    server_message: str,
    excerpt: str,
    *,
    without_key: bool = False,
) -> ProviderError:
    """The error of a status, with the code and the words that the server gave for it."""
    if says_filtered(status, code, server_message):
        return filtered_error(
            hide(server_message)[:LONGEST_REFUSAL], hide(code)[:LONGEST_CODE], status, excerpt
        )
    code, server_message = hide(code)[:LONGEST_CODE], hide(server_message)[:LONGEST_MESSAGE]
    message = (
        f"HTTP {status} {code}: {server_message}"
        if code and code != str(status)
        else f"HTTP {status}: {server_message or 'no message'}"
    )
    details: dict[str, Any] = {"status": status, "excerpt": excerpt}
    if says_spent(status, code, server_message):
        return ProviderError("quota", message, **details)
    if status == 429:
        wait = retry_after(headers)
        return ProviderError("rate_limit", message, retryable=True, retry_after_s=wait, **details)
    if status in (401, 403):
        if without_key:
            message = f"{message} (in the model's profile: api_key_env names the variable that holds the key)"
        return ProviderError("auth", message, **details)
    if status == 404:
        return ProviderError("not_found", message, **details)
    if status in (408, 409) or status >= 500:
        wait = retry_after(headers)
        return ProviderError("server", message, retryable=True, retry_after_s=wait, **details)
    if 300 <= status < 400:
        return ProviderError("bad_response", f"HTTP {status}: redirects are not followed", **details)
    if status < 300:
        return ProviderError("bad_response", f"HTTP {status}, where an answer has 200", **details)
    if status in (400, 422) and (setting := setting_for(server_message)):
        message = f"{message} (in the model's profile: {setting})"
    return ProviderError("bad_request", message, **details)


def setting_for(server_message: str) -> str:
    """The setting of a profile that answers a refusal which names a parameter of ours; empty for others."""
    words = set(_WORD.findall(server_message))
    if "max_completion_tokens" in words and not _WANTED.search(server_message):
        return 'rename = { max_output_tokens = "max_tokens" }'
    if "max_tokens" in words and "max_completion_tokens" in words:
        return 'rename = { max_output_tokens = "max_completion_tokens" }'
    if words & {"response_format", "json_schema"}:
        return 'structured = "json_object"'
    named = next((name for name in _DROPPABLE if name in words), "")
    return f'drop = ["{named}"]' if named else ""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The server's wish in seconds: `retry-after-ms`, else `retry-after`, also as a date; None otherwise."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            value = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        if 0 <= value < LONGEST_WISH_SECONDS:
            return value
    return _seconds_between(headers.get("date"), headers.get("retry-after"))


def _seconds_between(now: str | None, then: str | None) -> float | None:
    """From one date of a header to another, none less than 0; the server's clock counts, not ours."""
    if now is None or then is None or max(len(now), len(then)) > LONGEST_SPAN:
        return None
    try:
        found = (parsedate_to_datetime(then) - parsedate_to_datetime(now)).total_seconds()
    except (ValueError, TypeError):
        return None
    return max(found, 0.0) if found < LONGEST_WISH_SECONDS else None


def error_code_and_message(body: object) -> tuple[str, str]:
    """(code, message) of an error body, empty where there is none; the code of a filter before others."""
    if isinstance(body, list) and body and isinstance(body[0], dict):  # as Gemini's endpoint for OpenAI's SDK
        body = body[0]
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return "", as_words(error)
    inner = error.get("innererror")
    inner_code = inner.get("code") if isinstance(inner, dict) else None
    message = error.get("message") or error.get("detail") or ""
    param = error.get("param")
    message = as_words(message)
    metadata = error.get("metadata")
    if isinstance(metadata, dict) and isinstance(
        metadata.get("raw"), str
    ):  # OpenRouter: its provider's words
        message = f"{message}: {metadata['raw']}"
    if isinstance(param, str) and param and param not in message:
        message = f"{message} ({param})"
    code, kind = error.get("code"), error.get("type")
    named = code if isinstance(code, str) else inner_code or kind or code
    of_filter = next(filter(is_filter_code, (code, inner_code, kind, _moderated(body, error))), None)
    return as_words(of_filter or named or ""), message


def _moderated(body: object, error: JsonObject) -> str | None:
    """The code that stands for what two servers say of a filter beside an error's code.

    OpenRouter's `flagged_input` (its reference, "Moderation errors"), and BigModel's `contentFilter`.
    """
    metadata = error.get("metadata")
    flagged = isinstance(metadata, dict) and ("flagged_input" in metadata or bool(metadata.get("reasons")))
    if flagged or (isinstance(body, dict) and body.get("contentFilter")):
        return "content_filter"
    return None


def bad_reply(message: str, text: str) -> ProviderError:
    """A reply that is not one; it may pass."""
    return ProviderError("bad_response", message, retryable=True, possibly_billed=True, excerpt=text)


def not_json(body: bytes, error: ValueError) -> str:
    """Why a body is not the JSON that it should be, as the end of a sentence."""
    if not body.strip():
        return "empty"
    if body.lstrip()[:1] == b"<":
        return "a page of HTML, not JSON; a proxy answers in the server's place, or base_url is wrong"
    return f"not JSON: {error}"


def no_answer(calls: object, text: str) -> ProviderError:
    """A reply that ended well and holds no text: only calls of tools, or nothing."""
    kind, message = ("empty", "the reply has no content")
    if calls:
        kind, message = ("tool_calls_only", "the reply has only tool calls, and the prompt has no tools")
    return ProviderError(kind, message, retryable=True, possibly_billed=True, excerpt=text)


def as_words(value: object) -> str:
    """A JSON value as a short text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def whole(text: str | None) -> int | None:
    """A count in a header; None for what is not one."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 16 else None


def _span(text: str | None) -> float | None:
    """Seconds of `1m30.5s`, `20ms` or a plain number."""
    if text is None or len(text) > LONGEST_SPAN:
        return None
    parts = _SPAN.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        span = float(sum(float(number) * _SECONDS[unit] for number, unit in parts))
        return span if span < LONGEST_WISH_SECONDS else None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < LONGEST_WISH_SECONDS else None
