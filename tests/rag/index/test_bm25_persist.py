"""A stored BM25 index answers as the one that was built, and a wrong or damaged one is refused."""

import json
from pathlib import Path

import pytest

from prompteval.core.errors import UsageError
from prompteval.core.retrieval import Chunk
from prompteval.rag.index.bm25 import Bm25Index
from prompteval.rag.index.bm25_persist import META_FILE, POSTINGS_FILE, load_bm25, save_bm25
from prompteval.rag.index.bm25_postings import Bm25

CHUNKS = [Chunk("d1", 0, 9, "cats dogs"), Chunk("d2", 0, 8, "שלום cat"), Chunk("d3", 0, 0, "")]
HOW = Bm25()


@pytest.mark.parametrize("chunks", [CHUNKS, [], [CHUNKS[2]]])
def test_a_loaded_index_answers_as_the_built_one(tmp_path: Path, chunks: list[Chunk]) -> None:
    """Equal hits to the last digit, equal identity; also without a text or a word."""
    built = Bm25Index.build(chunks, HOW)
    save_bm25(built, tmp_path / "index")
    loaded = load_bm25(tmp_path / "index", HOW)
    assert loaded.identity == built.identity and loaded.ids == built.ids
    assert [loaded.search(q, 3) for q in ("cat", "שלום")] == [built.search(q, 3) for q in ("cat", "שלום")]


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    """A corpus may be private."""
    save_bm25(Bm25Index.build(CHUNKS, HOW), tmp_path / "index")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "index").iterdir()}
    assert modes == {META_FILE: 0o600, POSTINGS_FILE: 0o600}


def test_an_index_of_other_settings_is_refused(tmp_path: Path) -> None:
    """Another engine, another k1; the message says what to do."""
    save_bm25(Bm25Index.build(CHUNKS, HOW), tmp_path)
    for call in (
        lambda: load_bm25(tmp_path, Bm25("rank_bm25")),
        lambda: load_bm25(tmp_path, Bm25(k1=2.0)),
    ):
        with pytest.raises(UsageError, match=r"was built with bm25s,k1=1\.5.*delete the directory"):
            call()


@pytest.mark.parametrize("name", [META_FILE, POSTINGS_FILE])
def test_a_damaged_or_missing_file_is_refused(tmp_path: Path, name: str) -> None:
    """One byte less, then none at all."""
    save_bm25(Bm25Index.build(CHUNKS, HOW), tmp_path)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-1])
    with pytest.raises(UsageError, match="delete the directory"):
        load_bm25(tmp_path, HOW)
    (tmp_path / name).unlink()
    with pytest.raises(UsageError, match="cannot be read"):
        load_bm25(tmp_path, HOW)


def test_postings_of_another_index_are_refused(tmp_path: Path) -> None:
    """A term too many, with the right hash: the sizes do not fit."""
    save_bm25(Bm25Index.build(CHUNKS, HOW), tmp_path)
    meta = json.loads((tmp_path / META_FILE).read_text())
    for changed in ({"terms": [*meta["terms"], "more"]}, {"ids": "d1"}, {"format": "prompteval/bm25@0"}):
        (tmp_path / META_FILE).write_text(json.dumps({**meta, **changed}))
        with pytest.raises(UsageError, match="delete the directory"):
            load_bm25(tmp_path, HOW)
