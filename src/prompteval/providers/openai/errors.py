"""What a server's status, headers or silence means, as the kinds of ProviderError."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prompteval.core.errors import ProviderError
from prompteval.core.secret import hide

LONGEST_WISH_SECONDS = 86_400.0
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
        _whole(requests),
        _whole(tokens),
        _span(headers.get("x-ratelimit-reset-requests")),
        _span(headers.get("x-ratelimit-reset-tokens")),
    )
    return None if found == ServerLimits() else found


def status_error(status: int, headers: Mapping[str, str], raw: bytes) -> ProviderError:
    """An answer other than 200. A key that the server quotes is cut to its beginning."""
    text = hide(raw.decode("utf-8", "replace"))
    code, said = _told(text)
    message = f"HTTP {status} {code}: {said}" if code else f"HTTP {status}: {said or 'no message'}"
    details: dict[str, Any] = {"status": status, "excerpt": text[:500]}
    if status == 429 and "quota" in code:
        return ProviderError("quota", message, **details)
    if status == 429:
        wait = retry_after(headers)
        return ProviderError("rate_limit", message, retryable=True, retry_after_s=wait, **details)
    if status in (401, 403):
        return ProviderError("auth", message, **details)
    if status == 404:
        return ProviderError("not_found", message, **details)
    if status in (408, 409) or status >= 500:
        wait = retry_after(headers)
        return ProviderError("server", message, retryable=True, retry_after_s=wait, **details)
    if 300 <= status < 400:
        return ProviderError("bad_response", f"HTTP {status}: redirects are not followed", **details)
    return ProviderError("bad_request", message, **details)


def without_secrets(error: ProviderError, *secrets: str) -> None:
    """Take the key out of an error, where the server quotes it, or a URL that holds it is named."""
    error.args = tuple(hide(str(part), *secrets) for part in error.args)
    error.excerpt = hide(error.excerpt, *secrets)


def connection_error(error: Exception) -> ProviderError:
    """A connection that could not be made, or that broke.

    Only one that was made can have carried the request, and is then possibly billed. A
    certificate that does not verify, and an address that is none, are not tried again.
    """
    import aiohttp

    message = f"no connection: {type(error).__name__}: {error}"
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.InvalidURL):
        return ProviderError("connection", message)
    sent = not isinstance(error, aiohttp.ClientConnectorError | aiohttp.ClientProxyConnectionError)
    return ProviderError("connection", message, retryable=True, possibly_billed=sent)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The server's wish in seconds: `retry-after-ms`, else `retry-after` as a number; None otherwise."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            value = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        if 0 <= value < LONGEST_WISH_SECONDS:
            return value
    return None


def _told(text: str) -> tuple[str, str]:
    """(code, message) of an error body, empty where there is none."""
    try:
        body = json.loads(text)
    except ValueError:
        return "", " ".join(text.split())[:300]
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return "", str(error)[:300]
    return str(error.get("code") or error.get("type") or ""), str(error.get("message") or "")[:300]


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


def _span(text: str | None) -> float | None:
    """Seconds of `1m30.5s`, `20ms` or a plain number."""
    if text is None:
        return None
    parts = _SPAN.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        return float(sum(float(number) * _SECONDS[unit] for number, unit in parts))
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < LONGEST_WISH_SECONDS else None
