"""The cache of vectors and rankings: what is damaged in it is made again."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prompteval.core.notice import Notice
from prompteval.rag.index.embedding import CachedEmbedder
from prompteval.store.blob_cache import SqliteBlobCache


class Lengths:
    """An embedder of the length of a text."""

    identity = "lengths"

    def embed(self, texts: Any) -> tuple[Any, int]:
        return np.asarray([[len(text), 1.0] for text in texts], dtype=np.float32), 0


def edit(path: Path, value: object) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE vectors SET vector = ? WHERE rowid = 1", (value,))
    connection.close()


@pytest.mark.filterwarnings("ignore::prompteval.core.notice.Notice")
@pytest.mark.parametrize(
    "value", ["text", 5, 1e300, b"", b"\xff" * 11, (3).to_bytes(4, "little") + bytes(12)]
)
def test_f32_a_damaged_vector_is_encoded_again(value: object, tmp_path: Path) -> None:
    """Text, numbers, bytes of no vector, a vector of another length: the right ones come out."""
    for first in (True, False):
        cache = SqliteBlobCache.open(tmp_path / "v.sqlite")
        found, _ = CachedEmbedder(Lengths(), cache).embed(["a", "bb"])
        cache.close()
        assert found.tolist() == [[1.0, 1.0], [2.0, 1.0]]
        if first:
            edit(tmp_path / "v.sqlite", value)


def test_f32_a_damaged_vector_is_told(tmp_path: Path) -> None:
    """One line, with how many."""
    cache = SqliteBlobCache.open(tmp_path / "v.sqlite")
    CachedEmbedder(Lengths(), cache).embed(["a"])
    cache.close()
    edit(tmp_path / "v.sqlite", "text")
    cache = SqliteBlobCache.open(tmp_path / "v.sqlite")
    with pytest.warns(Notice, match="1 cached embeddings"):
        CachedEmbedder(Lengths(), cache).embed(["a"])
    cache.close()


THREADS = """
import sys, threading
from pathlib import Path
from prompteval.store.blob_cache import SqliteBlobCache

cache = SqliteBlobCache.open(Path(sys.argv[1]))
keys = [f"k{i}" for i in range(300)]
cache.put({key: (b"\\x00" * 8, False) for key in keys})
found = []
threads = [threading.Thread(target=lambda: found.extend(len(cache.get(keys)) for _ in range(50))) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert found == [300] * 400, found
"""


def test_f36_threads_that_read_one_cache_do_not_block_each_other(tmp_path: Path) -> None:
    """Eight threads, fifty reads each, all complete: a process that deadlocks is ended by the time limit."""
    command = [sys.executable, "-c", THREADS, str(tmp_path / "vectors.sqlite")]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
