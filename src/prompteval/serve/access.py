"""Who may ask: the Host header, the bearer token, and the caller's trace."""

import hmac
import os
import re
from collections.abc import Sequence
from typing import Final

from prompteval.core.errors import UsageError
from prompteval.core.secret import remember
from prompteval.serve.asgi import Header
from prompteval.serve.options import LOOPBACK, ServeOptions
from prompteval.serve.problems import Refusal

SHORTEST_TOKEN: Final = 16
_TRACE = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
# A name, or an IPv6 address without its brackets.
_HOST_NAME = re.compile(rb"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_.])?|[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*")
_CHALLENGE: Final = ((b"www-authenticate", b"Bearer"),)


class Access:
    """Lets requests through that name a host of ours and, where there are tokens, one of them."""

    def __init__(self, hosts: frozenset[bytes], tokens: Sequence[bytes]) -> None:
        self._hosts = hosts
        self._tokens = tuple(tokens)

    @classmethod
    def of(cls, options: ServeOptions) -> "Access":
        """Raises UsageError for a wrong host name, a variable that is not set, or a short token."""
        hosts = {*LOOPBACK, options.host, *options.allow_hosts} - {"0.0.0.0", "::"}
        return cls(frozenset(map(_encoded, hosts)), _tokens(options.token_env))

    def check_host(self, headers: Sequence[Header]) -> None:
        """Raises Refusal for a name that is not ours, as a page of a stranger that was pointed here has."""
        found = [value for name, value in headers if name == b"host"]
        if len(found) != 1 or _name(found[0]) not in self._hosts:
            raise Refusal(400, "host", "the Host header is not one of this service (--allow-host)")

    def check_token(self, headers: Sequence[Header]) -> None:
        """Raises Refusal for a missing or wrong token; every token takes the same time."""
        if not self._tokens:
            return
        given = [value for name, value in headers if name == b"authorization"]
        kind, _, token = (given[0] if len(given) == 1 else b"").partition(b" ")
        right = [hmac.compare_digest(token.strip(), known) for known in self._tokens]
        if kind.lower() != b"bearer" or not any(right):
            raise Refusal(401, "token", "a bearer token of this service is needed", headers=_CHALLENGE)


def _encoded(host: str) -> bytes:
    """A name or an IP address as a Host header has it. Raises UsageError for a URL, a port, a pattern."""
    try:
        name = host.lower().encode("idna")
    except UnicodeError:
        name = b""
    if _HOST_NAME.fullmatch(name) is None:
        message = f"--allow-host: {host!r:.80} is not a host name"
        raise UsageError(message, "write the name alone: prompts.example.com")
    return name


def trace_id(headers: Sequence[Header]) -> str:
    """The id of the caller's trace (W3C trace context); empty where there is none."""
    found = next((value for name, value in headers if name == b"traceparent"), b"")
    match = _TRACE.fullmatch(found)
    return match[1].decode("ascii") if match is not None else ""


def _name(host: bytes) -> bytes:
    """The host without its port."""
    if host.startswith(b"["):
        return host[1 : host.find(b"]")].lower()
    return host.partition(b":")[0].lower()


def _tokens(variable: str | None) -> list[bytes]:
    if variable is None:
        return []
    if not variable.isidentifier():
        raise UsageError(f"--token-env: {variable!r:.80} is not the name of a variable")
    value = os.environ.get(variable, "")
    tokens = value.split()
    if not tokens:
        raise UsageError(f"--token-env {variable}: the variable is not set")
    if any(len(token) < SHORTEST_TOKEN for token in tokens):
        raise UsageError(f"--token-env {variable}: a token must have at least {SHORTEST_TOKEN} characters")
    for token in tokens:
        remember(token)
    return [token.encode() for token in tokens]
