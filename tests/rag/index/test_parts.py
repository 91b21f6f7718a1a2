"""A dense index in parts: what each says of itself, and searches that are those of one index."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prompteval.core.errors import UsageError
from prompteval.core.retrieval import Chunk
from prompteval.rag.index.content import ContentHash, IndexedChunks
from prompteval.rag.index.dense import DenseIndex
from prompteval.rag.index.parts import (
    PARTS,
    SUCCESS,
    PartedIndex,
    build_part,
    check_dense,
    join_parts,
    open_dense,
    part_directory,
    part_of,
    read_part,
)
from prompteval.rag.index.persist import VECTORS_FILE
from tests.rag.index.test_dense import LetterEmbedder

TEXTS = st.lists(st.text("abcde", min_size=1, max_size=6), min_size=1, max_size=40)


def chunks_of(texts: list[str]) -> list[Chunk]:
    return [Chunk(doc_id=f"d{n}", start=0, end=len(text), text=text) for n, text in enumerate(texts)]


def built(directory: Path, texts: list[str], of: int, embedder: LetterEmbedder) -> list[Chunk]:
    chunks = chunks_of(texts)
    for number in range(1, of + 1):
        build_part(part_directory(directory, number, of), part_of(chunks, number, of), embedder, "flat")
    return chunks


@settings(max_examples=40)
@given(
    texts=TEXTS,
    of=st.integers(1, 8),
    queries=st.lists(st.text("abcde ", max_size=5), max_size=4),
    k=st.integers(1, 50),
)
def test_s18_a_search_of_parts_is_the_search_of_one_index(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], of: int, queries: list[str], k: int
) -> None:
    """The same chunks with the same scores in the same order, ties too; a query is encoded once."""
    directory, embedder, of = tmp_path_factory.mktemp("index"), LetterEmbedder(), min(of, len(texts))
    chunks = built(directory, texts, of, embedder)
    join_parts(directory, of, IndexedChunks(chunks))
    parts = open_dense(directory, IndexedChunks(chunks), embedder, "flat", embedder)
    whole = DenseIndex.build(chunks, embedder)
    assert isinstance(parts, PartedIndex) and len(parts) == len(whole)
    assert parts.identity == whole.identity
    assert parts.search_many(queries, k) == whole.search_many(queries, k)


def test_s18_a_part_that_is_done_is_not_embedded_again(tmp_path: Path) -> None:
    """Unless its vectors are damaged, or its chunks or model changed; `_SUCCESS` says what is there."""
    embedder = LetterEmbedder()
    place, chunks = tmp_path / "part", chunks_of(["ab", "cd"])
    made = build_part(place, chunks, embedder, "flat")
    assert json.loads((place / SUCCESS).read_text())["count"] == made.count == 2
    assert (made.dimension, made.model) == (26, "letters")
    build_part(place, chunks, embedder, "flat")
    assert embedder.asked == ["ab", "cd"]
    (place / VECTORS_FILE).write_bytes(b"")
    assert read_part(place) is None
    build_part(place, chunks, embedder, "flat")
    build_part(place, chunks_of(["ab", "ce"]), embedder, "flat")
    assert embedder.asked == ["ab", "cd"] * 2 + ["ab", "ce"]


def test_s18_parts_that_are_not_done_make_no_index(tmp_path: Path) -> None:
    """The part is named; nor do parts of two models."""
    chunks = built(tmp_path, ["a", "b", "c"], 3, LetterEmbedder())
    (part_directory(tmp_path, 2, 3) / SUCCESS).unlink()
    with pytest.raises(UsageError, match="part-2-of-3: the part is not done"):
        join_parts(tmp_path, 3, IndexedChunks(chunks))
    build_part(part_directory(tmp_path, 2, 3), part_of(chunks, 2, 3), LetterEmbedder(name="other"), "flat")
    with pytest.raises(UsageError, match="its parts are of several models"):
        join_parts(tmp_path, 3, IndexedChunks(chunks))
    assert not (tmp_path / PARTS).exists()


def test_s18_an_index_of_another_model_is_refused_and_of_other_chunks_built_anew(tmp_path: Path) -> None:
    """As an index in one part is."""
    chunks = built(tmp_path, ["a", "b"], 2, LetterEmbedder())
    join_parts(tmp_path, 2, IndexedChunks(chunks))
    other = LetterEmbedder(name="other")
    with pytest.raises(UsageError, match="was built with letters, not other"):
        check_dense(tmp_path, IndexedChunks(chunks), other, "flat")
    grown = chunks_of(["a", "b", "c"])
    opened = open_dense(tmp_path, IndexedChunks(grown), LetterEmbedder(), "flat", LetterEmbedder())
    assert len(opened) == 3


def test_s18_an_index_that_is_being_made_anew_is_no_index(tmp_path: Path) -> None:
    """Part 1 is of other documents, the rest was not reached, and the documents are put back."""
    embedder, chunks = LetterEmbedder(), built(tmp_path, ["a", "b"], 2, LetterEmbedder())
    join_parts(tmp_path, 2, IndexedChunks(chunks))
    build_part(part_directory(tmp_path, 1, 2), chunks_of(["c"]), embedder, "flat")
    assert not (tmp_path / PARTS).exists()
    opened = open_dense(tmp_path, IndexedChunks(chunks), embedder, "flat", embedder)
    assert opened.search("a", 1) == DenseIndex.build(chunks, embedder).search("a", 1)


@pytest.mark.parametrize("model", ["letters", "other"])
def test_s18_a_part_of_other_content_or_model_is_refused(tmp_path: Path, model: str) -> None:
    """Although the file that names the parts is the one of these documents; the part is named."""
    embedder, chunks = LetterEmbedder(), built(tmp_path, ["a", "b"], 2, LetterEmbedder())
    join_parts(tmp_path, 2, IndexedChunks(chunks))
    whole = (tmp_path / PARTS).read_bytes()
    text = "a" if model == "other" else "c"
    build_part(part_directory(tmp_path, 1, 2), chunks_of([text]), LetterEmbedder(name=model), "flat")
    (tmp_path / PARTS).write_bytes(whole)
    with pytest.raises(UsageError, match="part-1-of-2: the part is not of the index"):
        check_dense(tmp_path, IndexedChunks(chunks), embedder, "flat")
    with pytest.raises(UsageError, match="part-1-of-2: the part is not of the index"):
        open_dense(tmp_path, IndexedChunks(chunks), embedder, "flat", embedder)


def test_s18_an_index_in_parts_is_checked_and_opened_without_the_model_or_the_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its dimension is stored, and each part's content beside that of the index; another is refused."""
    chunks = built(tmp_path, ["a", "b"], 2, LetterEmbedder())
    indexed = IndexedChunks(chunks)
    join_parts(tmp_path, 2, indexed)
    monkeypatch.setattr(ContentHash, "add", lambda *_: pytest.fail("a chunk was hashed again"))
    reader, narrow = LetterEmbedder(), LetterEmbedder(dimension=13)
    check_dense(tmp_path, indexed, reader, "flat")
    opened = open_dense(tmp_path, indexed, reader, "flat", narrow)
    assert not reader.asked and not narrow.asked
    with pytest.raises(UsageError, match=f"^{tmp_path}: the index has 26 dimensions, the model gives 13"):
        opened.search("a", 1)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "prompteval/dense-parts@1", "parts": "x"}'])
def test_s18_a_file_of_parts_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    """With how to build it again."""
    (tmp_path / PARTS).write_text(text)
    with pytest.raises(UsageError, match="delete the directory to rebuild the index"):
        open_dense(tmp_path, IndexedChunks(chunks_of(["a"])), LetterEmbedder(), "flat", LetterEmbedder())
