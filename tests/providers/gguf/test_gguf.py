"""A GGUF file as a model, run by llama.cpp: a tiny one, made here, whose words mean nothing."""

import asyncio
import importlib.util
import json
import os
import struct
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from prompteval.core.errors import MissingExtra, ProviderError, UsageError
from prompteval.core.request import Message, Request, Response
from prompteval.providers.gguf import create
from prompteval.providers.gguf.header import read_head
from prompteval.providers.gguf.model_file import fingerprint_of
from prompteval.providers.gguf.provider import GgufProvider
from prompteval.testing.conformance import check_provider
from prompteval.workspace.settings import ModelProfile
from tests.providers.gguf.tiny import WINDOW, write_tiny

T = TypeVar("T")
ASK = Request("gguf/m", (Message("user", "hi"),), {"temperature": 0.0, "max_output_tokens": 8}, seed=7)
SCHEMA = {
    "type": "object", "properties": {"label": {"type": "string", "enum": ["alpha", "beta"]}},
    "required": ["label"], "additionalProperties": False,
}  # fmt: skip


def runs() -> None:
    """Skips, or fails where CI installs what is locked, without llama.cpp."""
    if importlib.util.find_spec("xllamacpp") is None:
        message = "xllamacpp is not installed; `make test-all` installs it"
        pytest.fail(message) if os.environ.get("LOCKED") else pytest.skip(message)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("models") / "tiny.gguf")


def use(path: Path, work: Callable[[GgufProvider], Awaitable[T]], **keys: Any) -> T:
    async def run() -> T:
        profile = ModelProfile("m", "gguf", path.name, timeout_s=120.0, **{"max_concurrency": 2, **keys})
        made = create(path.name, profile, path.parent)
        try:
            return await work(made)
        finally:
            await made.aclose()

    return asyncio.run(run())


@pytest.mark.parametrize("stream", [False, True])
def test_a_reply_has_its_tokens_and_log_probabilities(tiny: Path, stream: bool) -> None:
    """At temperature 0 the same twice; cut at the limit; the first token is timed in a stream."""
    runs()
    asked = Request("gguf/m", ASK.messages, {**ASK.params, "logprobs": True}, seed=7)

    async def twice(model: GgufProvider) -> list[Response]:
        return [await model.complete(asked) for _ in range(2)]

    first, again = use(tiny, twice, stream=stream)
    assert first.text == again.text and first.finish == "length"
    assert first.usage is not None and first.usage.completion_tokens == 8
    assert first.logprobs is not None and max(first.logprobs) <= 0
    assert ("first_token_ms" in first.details) == stream


def test_a_schema_is_held_by_a_grammar(tiny: Path) -> None:
    """Even nonsense is JSON of the output's form then."""
    runs()
    asked = Request("gguf/m", ASK.messages, {"temperature": 0.0, "max_output_tokens": 60}, SCHEMA, seed=7)
    found = use(tiny, lambda model: model.complete(asked))
    assert json.loads(found.text)["label"] in ("alpha", "beta") and found.finish == "stop"


def test_nobody_else_on_the_machine_is_answered(tiny: Path) -> None:
    """The listener is on loopback alone, and refuses whoever does not have its key."""
    runs()

    async def knock(model: GgufProvider) -> list[int]:
        await model.complete(ASK)
        loaded = await model._loaded()
        address = loaded.child.address
        assert address.startswith("http://127.0.0.1:")
        body = json.dumps({"messages": [{"role": "user", "content": "hi"}], "max_tokens": 1}).encode()
        found = []
        for path, headers in (
            ("chat/completions", {}),
            ("completions", {"Authorization": "Bearer x"}),
            ("models", {}),
        ):
            request = urllib.request.Request(
                f"{address}/v1/{path}", body if path != "models" else None, headers
            )
            with pytest.raises(urllib.error.HTTPError) as refused:
                await asyncio.to_thread(urllib.request.urlopen, request)
            refused.value.close()
            found.append(refused.value.code)
        assert loaded.client.server.key not in repr(loaded)  # type: ignore[attr-defined]
        return found

    assert use(tiny, knock) == [401, 401, 401]


def test_a_request_over_the_window_is_told(tiny: Path) -> None:
    """With both sizes; it is not tried again."""
    runs()
    long = Request("gguf/m", (Message("user", "x" * 2 * WINDOW),), ASK.params)
    with pytest.raises(ProviderError, match=f"context size \\({WINDOW} tokens\\)") as raised:
        use(tiny, lambda model: model.complete(long))
    assert (raised.value.kind, raised.value.retryable) == ("bad_request", False)


def test_two_requests_at_a_time_are_answered(tiny: Path) -> None:
    """Each as it is alone."""
    runs()

    async def both(model: GgufProvider) -> list[Response]:
        return list(await asyncio.gather(*(model.complete(ASK) for _ in range(4))))

    assert len({one.finish for one in use(tiny, both)}) == 1


def test_it_keeps_the_promises_of_a_provider(tiny: Path) -> None:
    """One identity, an answer, closed twice."""
    runs()
    assert isinstance(use(tiny, lambda model: check_provider(model, ASK)), Response)


def _cut(path: Path, at: int) -> Path:
    found = path.with_name(f"cut{at}.gguf")
    found.write_bytes(path.read_bytes()[:at])
    return found


def test_a_file_that_is_no_model_says_so(tiny: Path, tmp_path: Path) -> None:
    """Before anything is loaded: another format, a head that is cut off, another version, an adapter."""
    (tmp_path / "a.gguf").write_bytes(b"PK\x03\x04 something else")
    (tmp_path / "empty.gguf").write_bytes(b"")
    (tmp_path / "v9.gguf").write_bytes(b"GGUF" + struct.pack("<IQQ", 9, 1, 0))
    (tmp_path / "none.gguf").write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 0))
    told = {
        "a.gguf": "is not a GGUF file", "empty.gguf": "is not a GGUF file", "v9.gguf": "of version 9",
        "none.gguf": "without a model in it", "missing.gguf": "does not exist",
    }  # fmt: skip
    for name, words in told.items():
        with pytest.raises(UsageError, match=words):
            create(name, None, tmp_path)
    for at in (20, 200, 3000):
        with pytest.raises(ValueError, match="damaged or cut off"):
            read_head(_cut(tiny, at))


@pytest.mark.parametrize("depth", [2, 2000])
def test_lists_inside_lists_are_no_model(tmp_path: Path, depth: int) -> None:
    """However deep they are: llama.cpp has no such value."""
    nested = struct.pack("<IQ", 9, 1) * depth + struct.pack("<IQ", 4, 0)
    name = b"general.architecture"
    key = struct.pack("<Q", len(name)) + name + struct.pack("<I", 9)
    (tmp_path / "deep.gguf").write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + key + nested)
    with pytest.raises(UsageError, match=r"deep\.gguf is not a model: .* a list inside a list"):
        create("deep.gguf", None, tmp_path)


def test_weights_that_are_cut_off_are_an_error_of_the_call(tiny: Path) -> None:
    """llama.cpp refuses them; the message says why in its words, and the process lives."""
    runs()
    cut = _cut(tiny, tiny.stat().st_size - 4_000)
    with pytest.raises(ProviderError, match=r"cannot be loaded by llama.*corrupted or incomplete") as raised:
        use(cut, lambda model: model.complete(ASK))
    assert not raised.value.retryable


def test_a_bare_reference_stays_in_the_workspace(tiny: Path, tmp_path: Path) -> None:
    """A suite may name files of the workspace; a profile of the settings any."""
    with pytest.raises(UsageError, match="outside the workspace"):
        create(str(tiny), None, tmp_path)
    assert create(str(tiny), ModelProfile("m", "gguf", str(tiny)), tmp_path).head.context_length == WINDOW


def test_the_identity_is_that_of_the_weights(tiny: Path, tmp_path: Path) -> None:
    """The same file elsewhere is the same model; one changed byte is another."""
    same, other = tmp_path / "b.gguf", tmp_path / "c.gguf"
    same.write_bytes(tiny.read_bytes())
    data = bytearray(tiny.read_bytes())
    data[-100] ^= 1
    other.write_bytes(bytes(data))
    assert fingerprint_of(same) == fingerprint_of(tiny) != fingerprint_of(other)


def test_without_the_package_its_line_is_told(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before any call."""
    monkeypatch.setattr("prompteval.providers.gguf.provider.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"prompteval\[gguf\]"):
        create(tiny.name, None, tiny.parent).check_ready()
