"""A model in a GGUF file, run by llama.cpp in a process of its own, which ends with this one."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from prompteval.core.errors import DeadlineExceeded, MissingExtra, ProviderError
from prompteval.core.request import Request, Response
from prompteval.isolate.once import Once
from prompteval.isolate.server_child import ServerChild, ServerEnded, ServerRefused
from prompteval.providers.gguf.engine import PACKAGE, SERVE, threads
from prompteval.providers.gguf.header import Head
from prompteval.providers.gguf.model_file import fingerprint_of
from prompteval.providers.openai.provider import OpenAIProvider
from prompteval.providers.openai.server import Server
from prompteval.providers.openai.shape import shape_of
from prompteval.workspace.presets import LLAMA
from prompteval.workspace.settings import ModelProfile

EXTRA: Final = "gguf"
# Tokens of a request with its reply where no profile has a `context_window`: what fits a small machine.
WINDOW: Final = 4_096
# Requests at a time where no profile has a `max_concurrency`; each has a window of its own.
SLOTS: Final = 4
# For a model to be loaded, or the profile's `timeout_s` where that is longer.
LOAD_SECONDS: Final = 300.0
# Of the model's process in a row, without an answer between them; it is not started again then.
MOST_CRASHES: Final = 3
# What a call sees of the end of the process.
_CUT_OFF: Final = frozenset({"connection", "bad_response"})
# A line of an error as llama.cpp writes it, behind its time.
_ERROR_LINE: Final = re.compile(r"[\d.]++ E ++(.*)")


@dataclass(frozen=True, slots=True)
class LockedServer(Server):
    """The listener of the model's process, whose `key` is in no variable."""

    key: str = field(default="", repr=False)

    def headers(self) -> dict[str, str]:
        """What every request carries. The listener drops connections after a stream, so none is kept."""
        return {"Accept": "application/json", "Connection": "close", **self.shape.key_headers(self.key)}


@dataclass(frozen=True, slots=True)
class _Loaded:
    """The process of a loaded model, and the client that asks it."""

    child: ServerChild
    client: OpenAIProvider

    async def aclose(self) -> None:
        await self.client.aclose()
        await self.child.aclose()


@dataclass(frozen=True, slots=True)
class _NotLoaded:
    """Why the model cannot be asked; each caller gets an error of its own."""

    kind: str
    message: str

    def error(self) -> ProviderError:
        return ProviderError(self.kind, self.message)


class GgufProvider:
    """A local file as a model: schemas by a grammar, log probabilities, streams. The first call loads it.

    One call is one attempt, and ends after `timeout_s`, as at a server. All calls wait for one load, which
    is not part of a call's time. A process that crashes is an error of the calls that it was to answer, one
    that is not started or ends while it loads of those that wait for it, and the next call starts another,
    until MOST_CRASHES in a row.
    """

    def __init__(self, path: Path, head: Head, profile: ModelProfile) -> None:
        self.path = path
        self.head = head
        self._profile = replace(profile, preset=LLAMA, api="chat", base_url=None, api_key_env=None)
        self._identity = f"gguf:{fingerprint_of(path)}:{self.window}{shape_of(self._profile).identity}"
        self._load = Once(self._start)
        self._gave_up: _NotLoaded | None = None
        self._crashes = 0

    @property
    def identity(self) -> str:
        return self._identity

    @property
    def window(self) -> int:
        """The tokens of a request with its reply."""
        trained = self.head.context_length or WINDOW
        return self._profile.context_window or min(WINDOW, trained)

    def check_ready(self) -> None:
        """Raise MissingExtra where llama.cpp is not installed."""
        if find_spec(PACKAGE) is None:
            raise MissingExtra(f"gguf/{self.path.name}", EXTRA)

    async def connect(self) -> None:
        """Load the model before the first call. Raises ProviderError where it cannot be loaded."""
        await self._loaded()

    async def complete(self, request: Request) -> Response:
        loaded = await self._loaded()
        try:
            found = await loaded.client.complete(request)
        except ProviderError as error:
            raise await self._after(loaded, error) from None
        self._crashes = 0
        return found

    async def stream(self, request: Request) -> AsyncIterator[str]:
        """The text of a reply as it is written; raises as `complete`."""
        loaded = await self._loaded()
        try:
            async for piece in loaded.client.stream(request):
                yield piece
        except ProviderError as error:
            raise await self._after(loaded, error) from None
        self._crashes = 0

    async def aclose(self) -> None:
        """End the model's process, also while it loads. Safe to call twice."""
        found = await self._load.cancel()
        if isinstance(found, _Loaded):
            await found.aclose()

    async def _loaded(self) -> _Loaded:
        """The model, loaded by the first of its callers; a caller that leaves does not end the load."""
        if self._gave_up is not None:
            raise self._gave_up.error()
        if not self._load.is_started:
            self.check_ready()
        found = await self._load.result()
        if isinstance(found, _NotLoaded):
            if found.kind == "server":
                await self._count_crash(found, found.message)
            raise found.error()
        if found.child.is_running:
            return found
        await self._count_crash(
            found, f"the process of llama.cpp with {self.path.name} {await found.child.end()}"
        )
        return await self._loaded()

    async def _start(self) -> _Loaded | _NotLoaded:
        key, seconds = secrets.token_urlsafe(32), max(LOAD_SECONDS, self._profile.timeout_s)
        settings: dict[str, object] = {
            "path": str(self.path), "name": self.path.stem, "key": key, "window": self.window,
            "slots": self._profile.max_concurrency or SLOTS, "threads": threads(),
        }  # fmt: skip
        try:
            child = await ServerChild.start(SERVE, settings, timeout_s=seconds)
        except ServerRefused as error:
            return _NotLoaded("not_found", _why_refused(self.path.name, error))
        except ServerEnded as error:
            message = f"the process of llama.cpp that was to load {self.path.name} {error}"
            return _NotLoaded("server", message)
        except DeadlineExceeded:
            message = (
                f"{self.path.name} was not loaded within {seconds:g} s (a longer timeout_s is waited for)"
            )
            return _NotLoaded("timeout", message)
        except asyncio.CancelledError:  # by `aclose`, which those who wait for it hear of in this way
            return _NotLoaded("connection", f"{self.path.name} was closed while it was loaded")
        server = LockedServer(f"{child.address}/v1", shape=shape_of(self._profile), kind=EXTRA, key=key)
        return _Loaded(child, OpenAIProvider(self.path.stem, server, timeout_s=self._profile.timeout_s))

    async def _after(self, loaded: _Loaded, error: ProviderError) -> ProviderError:
        """The error of a call, or the crash of the process that was to answer it."""
        if error.kind not in _CUT_OFF or (end := await loaded.child.end()) is None:
            return error
        message = f"the process of llama.cpp that was to answer as {self.path.name} {end}"
        await self._count_crash(loaded, message)
        return ProviderError("server", message, retryable=self._gave_up is None)

    async def _count_crash(self, ended: _Loaded | _NotLoaded, message: str) -> None:
        """One crash ends several calls: the first of them counts it, and makes room for another process."""
        if not self._load.holds(ended):
            return
        self._load.forget()
        self._crashes += 1
        if self._crashes >= MOST_CRASHES:
            again = f"{message}; it is not started again after {MOST_CRASHES} such ends in a row"
            self._gave_up = _NotLoaded("server", again)
        if isinstance(ended, _Loaded):
            await ended.aclose()


def _why_refused(name: str, error: ServerRefused) -> str:
    """With llama.cpp's own first words of an error, where it wrote any."""
    said = str(error)
    if said.startswith("RuntimeError"):  # of the package, for any fault
        said = "it is damaged or cut off, its architecture is not known, or it does not fit the memory"
    words = next((found[1] for line in error.log if (found := _ERROR_LINE.fullmatch(line))), said)
    return f"{name} cannot be loaded by llama.cpp ({PACKAGE} {version(PACKAGE)}): {words}"
