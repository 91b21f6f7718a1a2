"""Dense retrieval: exact scores, encoded once, persisted without pickle, refused where it does not fit."""

import json
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prompteval.core.errors import RetrievalError, UsageError
from prompteval.core.notice import Notice
from prompteval.core.retrieval import Chunk, Ranking
from prompteval.rag.index.content import IndexedChunks
from prompteval.rag.index.dense import KINDS, DenseIndex, IndexKind
from prompteval.rag.index.embedding import CachedEmbedder, CachedTokenEmbedder, cache_key
from prompteval.rag.index.persist import META_FILE, VECTORS_FILE, load_index, open_index, save_index
from prompteval.store.blob_cache import SqliteBlobCache
from prompteval.testing.conformance import check_retriever


class LetterEmbedder:
    """Counts letters, and what it was asked to encode; texts over `window` characters are cut."""

    def __init__(self, dimension: int = 26, window: int = 1000, name: str = "letters") -> None:
        self.identity = name
        self.asked: list[str] = []
        self._dimension = dimension
        self._window = window

    def embed(self, texts: Sequence[str]) -> tuple[Any, int]:
        self.asked += texts
        rows = np.full((len(texts), self._dimension), 1e-3, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for letter in text[: self._window]:
                row[ord(letter) % self._dimension] += 1
        rows /= np.linalg.norm(rows, axis=1, keepdims=True) if len(texts) else 1
        return rows, sum(len(text) > self._window for text in texts)


def chunks(*texts: str, title: str = "") -> list[Chunk]:
    return [Chunk(f"d{number}", 0, len(text), text, title) for number, text in enumerate(texts)]


def random_chunks(count: int) -> list[Chunk]:
    generator = np.random.default_rng(7)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    return chunks(*("".join(generator.choice(letters, 30)) for _ in range(count)))


@pytest.mark.parametrize("kind", KINDS)
def test_every_index_ranks_as_an_exact_search(kind: IndexKind) -> None:
    """Scores are inner products to the last digit; flat finds the true best, the others nearly always."""
    corpus = random_chunks(2000)
    index = DenseIndex.build(corpus, LetterEmbedder(), kind)
    queries = [chunk.text[:12] for chunk in corpus[:50]]
    vectors, _ = LetterEmbedder().embed(queries)
    hits = 0
    for ranking, query in zip(index.search_many(queries, 10), vectors, strict=True):
        exact = np.einsum("ij,j->i", index.store.take(np.arange(len(index))), query)
        scores = dict(zip(index.ids, exact.tolist(), strict=True))
        assert all(score == scores[name] for name, score in ranking.hits)
        best = {index.ids[place] for place in np.argsort(-exact, kind="stable")[:10]}
        hits += len(best & set(ranking.ids))
    assert hits / 500 >= (1.0 if kind == "flat" else 0.95)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_corpus_gives_the_same_rankings(kind: IndexKind) -> None:
    """Built twice, asked one by one or together: equal to the last digit."""
    corpus = random_chunks(500)
    one, other = (DenseIndex.build(corpus, LetterEmbedder(), kind) for _ in range(2))
    queries = [chunk.text for chunk in corpus[:20]]
    assert one.search_many(queries, 5) == [other.search(query, 5) for query in queries]


@pytest.mark.parametrize("kind", KINDS)
def test_an_index_keeps_a_retriever_s_promises(kind: IndexKind) -> None:
    """Known ids once each, at most k, twice the same."""
    index = DenseIndex.build(random_chunks(30), LetterEmbedder(), kind)
    assert len(check_retriever(index, "abc", index.ids)) == 30


@pytest.mark.parametrize("kind", KINDS)
def test_the_edges_of_a_search(kind: IndexKind) -> None:
    """An empty corpus, an empty query, k beyond the corpus, one chunk: no error, and no invented hit."""
    assert DenseIndex.build([], LetterEmbedder(), kind).search("a", 5) == Ranking(())
    index = DenseIndex.build(chunks("abc", "xyz", "abd"), LetterEmbedder(), kind)
    assert index.search("  ", 5) == Ranking(())
    assert len(index.search("abc", 50)) == 3
    assert index.search_many(["", "abc"], 1)[0] == Ranking(())
    assert index.search("abc", 0) == Ranking(())


def test_equal_scores_keep_the_order_of_the_corpus() -> None:
    """Ties are counted, and the earlier chunk comes first."""
    found = DenseIndex.build(chunks("abc", "cab", "zzz", "bca"), LetterEmbedder()).search("abc", 3)
    assert (found.ids, found.tied) == (("d0:0-3", "d1:0-3", "d3:0-3"), 2)


def test_the_title_is_indexed_and_truncation_is_counted() -> None:
    """What is encoded is title, a space, and text; longer than the window is counted, queries apart."""
    embedder = LetterEmbedder(window=8)
    index = DenseIndex.build(chunks("abc", "abcdefgh", title="T"), embedder)
    assert embedder.asked == ["T abc", "T abcdefgh"]
    index.search("a query that is long", 1)
    assert (index.truncated, index.truncated_queries) == (1, 1)


def test_a_second_run_encodes_nothing_and_a_change_only_itself(tmp_path: Path) -> None:
    """Across processes: the cache is by content and model; truncation is remembered too."""
    texts = ["one", "two", "a text over the window", "one"]
    for change, encoded in (([], 3), ([], 0), (["three"], 1)):
        cache = SqliteBlobCache(tmp_path / "vectors.sqlite")
        inner = LetterEmbedder(window=10)
        embedder = CachedEmbedder(inner, cache)
        vectors, truncated = embedder.embed(texts + change)
        cache.close()
        # Where some texts of a batch were cut, this embedder is asked for each, to learn which.
        assert (embedder.encoded, len(set(inner.asked)), truncated) == (encoded, encoded, 1)
        assert np.array_equal(vectors, LetterEmbedder(window=10).embed(texts + change)[0])
    assert (tmp_path / "vectors.sqlite").stat().st_mode & 0o777 == 0o600


def test_another_model_has_its_own_vectors(tmp_path: Path) -> None:
    """The same text under another model is encoded again."""
    cache = SqliteBlobCache(tmp_path / "vectors.sqlite")
    for name in ("one", "other"):
        embedder = CachedEmbedder(LetterEmbedder(name=name), cache)
        embedder.embed(["text"])
        assert embedder.encoded == 1
    cache.close()


def test_f32_a_damaged_vector_is_made_again_with_a_warning(tmp_path: Path) -> None:
    """F32: an entry that is cut short is a miss."""
    cache = SqliteBlobCache(tmp_path / "vectors.sqlite")
    CachedEmbedder(LetterEmbedder(), cache).embed(["text"])
    key = cache_key("letters", "text", "text")
    cache.put({key: (cache.get([key])[key][0][:-1], False)})
    again = CachedEmbedder(LetterEmbedder(), cache)
    with pytest.warns(Notice, match="1 cached embeddings are damaged"):
        assert again.embed(["text"])[0].shape == (1, 26)
    cache.close()
    assert again.encoded == 1


class TokenLetters:
    identity = "token-letters"

    def embed_tokens(self, texts: Sequence[str]) -> tuple[list[Any], list[bool]]:
        rows = [np.eye(26, dtype=np.float32)[[ord(letter) % 26 for letter in text]] for text in texts]
        return rows, [len(text) > 5 for text in texts]


def test_token_vectors_are_cached_too(tmp_path: Path) -> None:
    """The second time none is encoded; a text without tokens has no rows."""
    for encoded in (3, 0):
        cache = SqliteBlobCache(tmp_path / "vectors.sqlite")
        embedder = CachedTokenEmbedder(TokenLetters(), cache)
        rows, flags = embedder.embed_tokens(["abc", "", "longer text"])
        cache.close()
        assert embedder.encoded == encoded
        assert ([row.shape for row in rows], flags) == ([(3, 26), (0, 26), (11, 26)], [False, False, True])


def test_an_index_is_stored_and_read_back_equal(tmp_path: Path) -> None:
    """The same rankings; a changed corpus is built again, an unchanged one only read."""
    corpus = random_chunks(50)
    first = open_index(tmp_path / "index", IndexedChunks(corpus), LetterEmbedder())
    reader = LetterEmbedder()
    second = open_index(tmp_path / "index", IndexedChunks(corpus), reader)
    assert second.search(corpus[3].text, 5) == first.search(corpus[3].text, 5)
    assert reader.asked == [corpus[3].text]
    changed = LetterEmbedder()
    fewer = corpus[:49]
    assert len(open_index(tmp_path / "index", IndexedChunks(fewer), changed)) == 49
    assert len(changed.asked) == 49
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "index").iterdir()} == {0o600}


def test_b16_another_model_or_dimension_is_refused(tmp_path: Path) -> None:
    """B16: exit 2, and the message says how to rebuild; another dimension at the first search."""
    save_index(DenseIndex.build(chunks("abc"), LetterEmbedder()), tmp_path)
    for other in (LetterEmbedder(name="other"), LetterEmbedder(dimension=13)):
        with pytest.raises(UsageError, match="delete the directory to rebuild the index") as caught:
            open_index(tmp_path, IndexedChunks(chunks("abc")), other).search("abc", 1)
        assert caught.value.exit_code == 2 and str(tmp_path) in str(caught.value)
    with pytest.raises(UsageError, match="26 dimensions, the model gives 13"):
        DenseIndex.build(chunks("abc"), LetterEmbedder()).search_vectors(
            np.ones((1, 13), dtype=np.float32), 1
        )


class Poison:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("poisoned"),))


@pytest.mark.parametrize("file", [META_FILE, VECTORS_FILE])
@pytest.mark.parametrize("content", [pickle.dumps(Poison()), b"", b"{}", b"\x93NUMPY"])
def test_s13_a_poisoned_index_is_refused_and_never_run(
    file: str, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S13: a file that is not what was written is refused by its hash or its form; no pickle is read."""
    monkeypatch.chdir(tmp_path)
    save_index(DenseIndex.build(chunks("abc"), LetterEmbedder()), tmp_path / "index")
    (tmp_path / "index" / file).write_bytes(content)
    with pytest.raises(UsageError, match="rebuild"):
        load_index(tmp_path / "index", LetterEmbedder())
    assert not (tmp_path / "poisoned").exists()


def test_s13_a_hash_made_to_match_does_not_help(tmp_path: Path) -> None:
    """S13: with the hash of the poisoned file in the JSON, the file is still no safetensors."""
    import hashlib

    save_index(DenseIndex.build(chunks("abc"), LetterEmbedder()), tmp_path)
    poison = pickle.dumps(Poison())
    (tmp_path / VECTORS_FILE).write_bytes(poison)
    meta = json.loads((tmp_path / META_FILE).read_text())
    meta["sha256"] = hashlib.sha256(poison).hexdigest()
    (tmp_path / META_FILE).write_text(json.dumps(meta))
    with pytest.raises(UsageError, match="holds no vectors"):
        load_index(tmp_path, LetterEmbedder())


class Broken(LetterEmbedder):
    def embed(self, texts: Sequence[str]) -> tuple[Any, int]:
        rows, truncated = super().embed(texts)
        return rows * (np.nan if "bad" in texts else 1), truncated


def test_nan_is_refused_and_never_ranked() -> None:
    """An encoder's NaN is an error at the build and at the query."""
    with pytest.raises(RetrievalError, match="NaN"):
        DenseIndex.build(chunks("bad"), Broken())
    with pytest.raises(RetrievalError, match="NaN"):
        DenseIndex.build(chunks("good"), Broken()).search("bad", 1)


def test_an_unknown_index_is_named() -> None:
    """A mistyped kind is a usage error with the nearest name."""
    with pytest.raises(UsageError, match="did you mean 'hnsw'"):
        DenseIndex.build([], LetterEmbedder(), "hnws")  # type: ignore[arg-type]
