"""Embeddings: the endpoint over real sockets, and the embedded model's token vectors."""

from pathlib import Path

import numpy as np
import pytest

from prompteval.core.errors import ProviderError, UsageError
from prompteval.providers.local.weights import find_weights
from prompteval.providers.openai.embeddings import OpenAIEmbedder
from prompteval.providers.openai.server import Server, server_of
from prompteval.testing.server import FakeServer, Fault
from prompteval.workspace.settings import ModelProfile
from tests.hostile import Hostile, whole


def embedder(url: str) -> OpenAIEmbedder:
    return OpenAIEmbedder("text-embedding-3-small", Server(url, "OPENAI_API_KEY"))


def test_the_endpoint_gives_unit_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    """One row a text, of length 1, the same for the same text; many texts go in several calls."""
    monkeypatch.setenv("OPENAI_API_KEY", "test-key")
    with FakeServer() as server:
        found, truncated = embedder(server.url).embed(["x" * (number % 7 + 2) for number in range(300)])
        assert len(server.requests) == 2
    assert truncated == 0 and found.dtype == np.float32 and len(found) == 300
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    assert np.array_equal(found[0], found[7]) and not np.array_equal(found[0], found[1])
    assert embedder("http://127.0.0.1:1").embed([])[0].shape == (0, 0)


def test_a_profile_says_where_embeddings_are_asked_for_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The header of the key, headers, the query; no key where the server needs none. Each is another cache entry."""
    monkeypatch.setenv("OUR_KEY", "test-key")
    body = b'{"data": [{"index": 0, "embedding": [1.0]}]}'
    keys = {"headers": {"x-team": "search"}, "query": {"api-version": "2"}}
    with Hostile(lambda asked: whole(body)) as server:
        azure = ModelProfile("e", base_url=server.url, api_key_env="OUR_KEY", preset="azure", **keys)
        local = ModelProfile("e", base_url=server.url, api_key_env="UNSET_KEY", preset="ollama")
        opened = [OpenAIEmbedder("e", server_of(one)) for one in (azure, local)]
        for each in opened:
            each.check_ready()
            assert each.embed(["text"])[0].shape == (1, 1)
        first, second = (asked.head.lower() for asked in server.asked)
    assert "api-key: test-key" in first and "x-team: search" in first and "/embeddings?api-version=2" in first
    assert "authorization" not in first + second and opened[0].identity != opened[1].identity


def test_a_server_that_fails_once_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A 500 is retried; a spent quota is not."""
    monkeypatch.setenv("OPENAI_API_KEY", "test-key")
    with FakeServer(faults=[Fault("status", 500)]) as server:
        assert len(embedder(server.url).embed(["text"])[0]) == 1
    with FakeServer(faults=[Fault("status", 429, "insufficient_quota")] * 9) as server:
        with pytest.raises(ProviderError) as caught:
            embedder(server.url).embed(["text"])
        assert (caught.value.kind, len(server.requests)) == ("quota", 1)


def test_no_key_is_said_before_any_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable that is missing is named."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ProviderError, match="OPENAI_API_KEY is not set"):
        embedder("http://127.0.0.1:1").embed(["text"])


@pytest.mark.slow
def test_token_vectors_of_the_embedded_model() -> None:
    """One unit vector a word piece (ref + und), marks left out; a text over the window is flagged."""
    pytest.importorskip("sentence_transformers")
    from prompteval.providers.local.embedder import MiniLMEmbedder

    model = MiniLMEmbedder(find_weights("minilm", Path.cwd()))
    rows, flags = model.embed_tokens(["refund my order", "", "word " * 400])
    assert [len(row) for row in rows] == [4, 0, model.window - 2]
    assert flags == [False, False, True]
    assert np.allclose(np.linalg.norm(rows[0], axis=1), 1, atol=1e-5)
    assert model.truncates([]) == []


def test_a_model_of_the_local_hub_cache_is_found_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """owner/name is looked up where the hub keeps it; a name that leads elsewhere is not followed."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    directory = tmp_path / "hub" / "models--team--encoder" / "snapshots" / "abc"
    directory.mkdir(parents=True)
    (directory / "model.safetensors").write_bytes(b"x")
    assert find_weights("team/encoder", tmp_path).directory == directory
    for name in ("team/other", "../encoder", "a/b/c"):
        with pytest.raises(UsageError, match="no directory with model"):
            find_weights(name, tmp_path)
