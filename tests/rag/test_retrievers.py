"""Retrievers and rerankers from the words of a suite."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prompteval.core.errors import MissingExtra, UsageError
from prompteval.core.retrieval import Chunk
from prompteval.rag.index.content import IndexedChunks
from prompteval.rag.ingredients import Ingredients
from prompteval.rag.rerankers import build_reranker
from prompteval.rag.retrievers import build_retriever
from prompteval.testing.conformance import check_retriever
from prompteval.workspace.rag_section import RagPart, RagSection

CHUNKS = [Chunk("a", 0, 5, "alpha"), Chunk("b", 0, 4, "beta"), Chunk("c", 0, 10, "alpha beta")]


class Letters:
    """An Embedder: a unit vector of letter counts; `letters` sets the dimension."""

    def __init__(self, letters: str = "abehlpt", name: str = "letters") -> None:
        self.letters = letters
        self.identity = f"{name}:{letters}" if name == "letters" else name

    def embed(self, texts: Any) -> tuple[Any, int]:
        rows = np.asarray([[text.count(x) + 0.1 for x in self.letters] for text in texts], dtype=np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True), 0


class Kept(dict[str, tuple[bytes, bool]]):
    """A BlobCache in memory."""

    def get(self, keys: Any) -> Any:  # type: ignore[override]
        return {key: self[key] for key in keys if key in self}

    def put(self, entries: Any) -> None:
        self.update(entries)


def ingredients(tmp_path: Path, embedder: Any = None, cache: Any = None, **section: Any) -> Ingredients:
    return Ingredients(
        indexed=IndexedChunks(CHUNKS), section=RagSection("docs", RagPart("dense"), **section), here=tmp_path, root=tmp_path,
        embedder=lambda name: embedder or Letters(), token_embedder=lambda name: pytest.fail("not asked for"),
        function=lambda entry: (lambda query, k: [("a", 1.0)], "sha256:0"), cache=cache,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["bm25", "dense", "hybrid"])
def test_every_kind_keeps_the_promises_of_a_retriever(tmp_path: Path, kind: str) -> None:
    """An empty question, k beyond the corpus, equal questions: as the conformance check asks."""
    built = build_retriever(RagPart(kind), ingredients(tmp_path))
    check_retriever(built, "alpha beta", [chunk.id for chunk in CHUNKS])
    assert built.search("alpha", 50).ids[0] in ("a:0-5", "c:0-10") and not len(built.search(" ", 5))


def test_a_question_asked_again_builds_nothing(tmp_path: Path) -> None:
    """The second pipeline answers from the cache of rankings, and its encoder is never called."""
    cache = Kept()
    first = build_retriever(RagPart("dense"), ingredients(tmp_path, cache=cache)).search("alpha", 2)

    class Idle(Letters):
        def embed(self, texts: Any) -> tuple[Any, int]:
            raise AssertionError("nothing is encoded")

    assert build_retriever(RagPart("dense"), ingredients(tmp_path, Idle(), cache)).search("alpha", 2) == first


def test_b16_an_index_of_another_dimension_or_model_is_refused_with_how_to_rebuild(tmp_path: Path) -> None:
    """Another model when the suite is read, another dimension at the first question; the directory is named."""
    options = {"folder": "index"}
    build_retriever(RagPart("dense", options), ingredients(tmp_path)).search("alpha", 1)
    with pytest.raises(UsageError, match=r"the index was built with letters:abehlpt.*delete the directory"):
        build_retriever(RagPart("dense", options), ingredients(tmp_path, Letters("ab", "other")))
    same_name = Letters("ab")
    same_name.identity = "letters:abehlpt"
    with pytest.raises(UsageError, match="7 dimensions, the model gives 2"):
        build_retriever(RagPart("dense", options), ingredients(tmp_path, same_name)).search("alpha", 1)


def test_s13_a_poisoned_index_file_is_refused(tmp_path: Path) -> None:
    """A pickle in the place of the vectors has another hash, and is never read."""
    import pickle

    options = {"folder": "index"}
    build_retriever(RagPart("dense", options), ingredients(tmp_path)).search("alpha", 1)
    (tmp_path / "index" / "vectors.safetensors").write_bytes(pickle.dumps({"vectors": [1, 2]}))
    with pytest.raises(UsageError, match="is not the file that was written"):
        build_retriever(RagPart("dense", options), ingredients(tmp_path))


@pytest.mark.parametrize("directory", ["../index", "/index", "link", "a/../../index", "link/index"])
def test_s33_an_index_is_kept_below_the_workspace(tmp_path: Path, directory: str) -> None:
    """Neither a path nor a link leads out, and nothing is encoded or written before the first question."""
    root = tmp_path / "ws"
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(UsageError, match="leads out of the workspace"):
        build_retriever(RagPart("dense", {"folder": directory}), ingredients(root))
    build_retriever(RagPart("dense", {"folder": "index"}), ingredients(root))
    assert [path.name for path in root.iterdir()] == ["link"]


@pytest.mark.parametrize(
    ("part", "told"),
    [
        (RagPart("dense", {"index": "flatt"}), "did you mean 'flat'"),
        (RagPart("dense", {"modell": "x"}), "did you mean 'model'"),
        (RagPart("bm25", {"k1": -1}), "k1 must be a number from 0"),
        (RagPart("hybrid", {"of": ["bm25"]}), "two retrievers or more"),
        (RagPart("hybrid", {"fusion": "minmax"}), "fusion minmax needs weights"),
        (RagPart("hybrid", {"fusion": "minmax", "weights": [1, -1]}), "weights must be a number from 0"),
        (RagPart("endpoint", {"endpoint": "ftp://x"}), "must begin with http"),
    ],
)
def test_a_wrong_option_is_named_with_the_mend(tmp_path: Path, part: RagPart, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        build_retriever(part, ingredients(tmp_path))


def test_the_engine_rank_bm25_is_the_package_or_is_refused_before_a_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its release is part of the identity; without it the extra is named, and nothing replaces it."""
    part = RagPart("bm25", {"engine": "rank_bm25"})
    assert "rank-bm25=0.2" in build_retriever(part, ingredients(tmp_path)).identity
    monkeypatch.setattr("prompteval.rag.index.rank_bm25.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"prompteval\[rag\]"):
        build_retriever(part, ingredients(tmp_path))


def test_rerankers_by_name(tmp_path: Path) -> None:
    """`none` is none; a cross-encoder needs its directory, `llm` a model."""
    made = ingredients(tmp_path)
    assert build_reranker(RagPart("none"), made) is None
    for kind, told in (
        ("cross_encoder", "model is missing"),
        ("llm", "asks a model"),
        ("lmm", "did you mean 'llm'"),
    ):
        with pytest.raises(UsageError, match=told):
            build_reranker(RagPart(kind), made)
