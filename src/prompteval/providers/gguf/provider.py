"""A model in a GGUF file, run by llama.cpp in this process.

xllamacpp always opens a listener on loopback. Ours takes a key that is made for each model and never
leaves the process, so that nobody else on the machine is answered.
"""

import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from prompteval.core.errors import MissingExtra, ProviderError
from prompteval.core.request import Request, Response
from prompteval.providers.gguf.header import Head
from prompteval.providers.gguf.model_file import fingerprint_of
from prompteval.providers.openai.provider import OpenAIProvider
from prompteval.providers.openai.server import Server
from prompteval.providers.openai.shape import shape_of
from prompteval.workspace.presets import LLAMA
from prompteval.workspace.settings import ModelProfile

PACKAGE: Final = "xllamacpp"
EXTRA: Final = "gguf"
# Tokens of a request with its reply where no profile has a `context_window`: what fits a small machine.
WINDOW: Final = 4_096
# Requests at a time where no profile has a `max_concurrency`; each has a window of its own.
SLOTS: Final = 4


@dataclass(frozen=True, slots=True)
class LockedServer(Server):
    """The listener of this process, whose `key` is in no variable."""

    key: str = field(default="", repr=False)

    def headers(self) -> dict[str, str]:
        """What every request carries. The listener drops connections after a stream, so none is kept."""
        return {"Accept": "application/json", "Connection": "close", **self.shape.key_headers(self.key)}


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A loaded model, and the client that asks it. `engine` is kept: its end is that of the listener."""

    engine: Any
    client: OpenAIProvider


class GgufProvider:
    """A local file as a model: schemas by a grammar, log probabilities, streams. The first call loads it.

    One call is one attempt, and ends after `timeout_s`, as at a server.
    """

    def __init__(self, path: Path, head: Head, profile: ModelProfile) -> None:
        self.path = path
        self.head = head
        self._profile = replace(profile, preset=LLAMA, api="chat", base_url=None, api_key_env=None)
        self._identity = f"gguf:{fingerprint_of(path)}:{self.window}{shape_of(self._profile).identity}"
        self._loaded: _Loaded | None = None

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

    async def complete(self, request: Request) -> Response:
        return await self._client().complete(request)

    async def stream(self, request: Request) -> AsyncIterator[str]:
        """The text of a reply as it is written; raises as `complete`."""
        async for piece in self._client().stream(request):
            yield piece

    async def aclose(self) -> None:
        loaded, self._loaded = self._loaded, None
        if loaded is not None:
            await loaded.client.aclose()

    def _client(self) -> OpenAIProvider:
        if self._loaded is None:
            self.check_ready()
            key = secrets.token_urlsafe(32)
            engine = _start(self.path, key, self.window, self._profile.max_concurrency or SLOTS)
            server = LockedServer(
                f"{engine.listening_address}/v1", shape=shape_of(self._profile), kind=EXTRA, key=key
            )
            client = OpenAIProvider(self.path.stem, server, timeout_s=self._profile.timeout_s)
            self._loaded = _Loaded(engine, client)
        return self._loaded.client


def threads() -> int:
    """One a physical core, two of whose threads share it: more would wait for each other."""
    return max((os.cpu_count() or 1) // 2, 1)


def _start(path: Path, key: str, window: int, slots: int) -> Any:
    """llama.cpp with the model. Raises ProviderError(not_found) for a file that it cannot load."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path, params.model_alias = str(path), {path.stem}
    params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, [key]
    params.n_ctx, params.n_parallel = window * slots, slots
    params.ui = params.endpoint_props = params.endpoint_slots = params.endpoint_metrics = False
    params.offline, params.warmup, params.verbosity = True, False, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads()
    try:
        return xllamacpp.Server(params)
    except RuntimeError:
        release = version(PACKAGE)
        raise ProviderError(
            "not_found",
            f"{path.name} cannot be loaded by llama.cpp ({PACKAGE} {release}): it is damaged or cut off, its "
            "architecture is not known, or it does not fit the memory",
        ) from None
