"""Chat completions over our own aiohttp client: the path that every case of a large run takes."""

import asyncio
import os
from collections.abc import Callable
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from prompteval.core.errors import PromptevalError, ProviderError
from prompteval.core.request import Request, Response
from prompteval.providers.openai.body import BodyWriter
from prompteval.providers.openai.connection import open_session
from prompteval.providers.openai.errors import (
    ServerLimits,
    connection_error,
    server_limits,
    status_error,
    without_secrets,
)
from prompteval.providers.openai.reply import read_reply


class OpenAIProvider:
    """Chat completions with strict JSON-schema output where the prompt's output is a model.

    One call is one attempt: nothing is tried again here. It ends after `timeout_s` seconds in
    all, however slowly the server drips. Redirects are not followed. `on_limits`, where set, is
    told what the server says of its limits after each answer.
    """

    def __init__(self, model: str, *, base_url: str, api_key_env: str, timeout_s: float) -> None:
        self.model = model
        self.base_url = base_url
        self.api_key_env = api_key_env
        self.timeout_s = timeout_s
        self.on_limits: Callable[[ServerLimits], None] | None = None
        self._bodies = BodyWriter(model)
        self._url: Any = None
        self._session: Any = None

    def __repr__(self) -> str:
        return f"OpenAIProvider({self.model!r}, base_url={without_credentials(self.base_url)!r})"

    @property
    def identity(self) -> str:
        return f"openai-chat:{without_credentials(self.base_url)}:{self.model}"

    def check_ready(self) -> None:
        """Raise ProviderError(no_credentials) when the key's variable is not set, or its place is wrong."""
        if "@" in urlsplit(self.base_url).netloc:
            message = f"base_url holds a user or password; the key belongs into {self.api_key_env}"
            raise ProviderError("no_credentials", message)
        if not os.environ.get(self.api_key_env):
            message = f"{self.api_key_env} is not set; openai/{self.model} needs a key"
            raise ProviderError("no_credentials", message)

    async def complete(self, request: Request) -> Response:
        try:
            return await self._attempt(request)
        except ProviderError as error:
            without_secrets(error, os.environ.get(self.api_key_env, ""))
            raise

    async def _attempt(self, request: Request) -> Response:
        body = self._bodies.write(request)
        if self._session is None:
            self._open()
        started = perf_counter()
        try:
            async with asyncio.timeout(self.timeout_s):
                status, headers, raw = await self._post(body)
        except TimeoutError:
            message = f"no complete answer within {self.timeout_s:g} s"
            raise ProviderError("timeout", message, retryable=True, possibly_billed=True) from None
        elapsed_ms = (perf_counter() - started) * 1000
        if self.on_limits is not None:
            limits = server_limits(headers)
            if limits is not None:
                self.on_limits(limits)
        if status != 200:
            raise status_error(status, headers, raw)
        return read_reply(raw, headers.get("x-request-id"), elapsed_ms)

    async def aclose(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> None:
        self.check_ready()
        from yarl import URL

        self._url = URL(f"{self.base_url.rstrip('/')}/chat/completions")
        self._session = open_session(self.base_url, os.environ[self.api_key_env])

    async def _post(self, body: bytes) -> tuple[int, Any, bytes]:
        try:
            async with self._session.post(self._url, data=body, allow_redirects=False) as reply:
                return reply.status, reply.headers, await reply.read()
        except (OSError, ValueError, EOFError) as error:
            raise connection_error(error) from None
        except PromptevalError as error:  # --offline refuses the connection itself
            raise ProviderError("connection", str(error)) from None
        except Exception as error:
            import aiohttp

            if isinstance(error, aiohttp.ClientError):
                raise connection_error(error) from None
            raise


def without_credentials(url: str) -> str:
    """A URL without the user and password that may stand before its host."""
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"
