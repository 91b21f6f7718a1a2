"""F32 and F38: a cached reply or vector that was changed since it was stored is made again."""

import sqlite3
from pathlib import Path

import pytest

from prompteval.core.notice import Notice
from prompteval.core.request import Message, Request, Response
from prompteval.store.blob_cache import SqliteBlobCache
from prompteval.store.cache import MIGRATIONS, SqliteCache
from prompteval.store.connection import open_database


def edit(path: Path, sql: str) -> None:
    connection = sqlite3.connect(path)
    assert connection.execute(sql).rowcount == 1
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    "change",
    [
        "response = replace(response, 'yes', 'no!')",
        "hash = 'sha256:0'",
        "hash = x'00'",
        "hash = x'ff'",
        "response = x'ff'",
        "key = 'b'",
    ],
)
def test_f32_a_reply_that_was_changed_is_a_miss(tmp_path: Path, change: str) -> None:
    """Whatever still reads as a reply: another text, another key, another hash."""
    path = tmp_path / "c.sqlite"
    cache = SqliteCache.open(path)
    cache.put("a", "{}", Response("yes"))
    cache.close()
    edit(path, f"UPDATE replies SET {change}")
    cache = SqliteCache.open(path)
    with pytest.warns(Notice, match="is damaged and will be requested again"):
        assert cache.get("b" if change.startswith("key") else "a") is None
    cache.close()


def test_f32_a_request_that_was_changed_is_not_recorded(tmp_path: Path) -> None:
    """The key is the hash of the request, so that a recording never holds another than was sent."""
    path = tmp_path / "c.sqlite"
    request = Request("m", (Message("user", "hello"),))
    cache = SqliteCache.open(path)
    cache.put(request.key, request.canonical, Response("yes"))
    assert cache.exchange(request.key) == (request.as_json(), Response("yes", served_by="cache"))
    cache.close()
    edit(path, "UPDATE replies SET request = replace(request, 'hello', 'other')")
    cache = SqliteCache.open(path)
    assert cache.exchange(request.key) is None
    cache.close()


def test_a_request_is_there_as_soon_as_its_reply_was_put(tmp_path: Path) -> None:
    """Also after a look that found nothing, whose transaction had begun before."""
    request = Request("m", (Message("user", "hello"),))
    cache = SqliteCache.open(tmp_path / "c.sqlite")
    assert cache.get(request.key) is None
    cache.put(request.key, request.canonical, Response("yes"))
    assert cache.exchange(request.key) == (request.as_json(), Response("yes", served_by="cache"))
    cache.close()


def test_a_reply_from_before_hashes_is_found(tmp_path: Path) -> None:
    """The cache of an older version continues."""
    path = tmp_path / "c.sqlite"
    database = open_database(path, MIGRATIONS[:3])
    with database.transaction() as connection:
        connection.execute("INSERT INTO replies VALUES ('a', '{}', '{\"text\":\"yes\"}', 1)")
    database.close()
    cache = SqliteCache.open(path)
    assert cache.get("a") == Response("yes", served_by="cache")
    cache.close()


@pytest.mark.parametrize(
    "change",
    [
        "vector = x'01020305'",
        "truncated = 1",
        "key = 'b'",
        "vector = 'text'",
        "hash = x'ff'",
        "vector = CAST(x'ff' AS TEXT)",
    ],
)
def test_f32_a_vector_that_was_changed_is_damage(tmp_path: Path, change: str) -> None:
    """It comes back empty, as one that cannot be read."""
    path = tmp_path / "v.sqlite"
    cache = SqliteBlobCache.open(path)
    cache.put({"a": (b"\x01\x02\x03\x04", False)})
    assert cache.get(["a"]) == {"a": (b"\x01\x02\x03\x04", False)}
    cache.close()
    edit(path, f"UPDATE vectors SET {change}")
    cache = SqliteBlobCache.open(path)
    assert [data for data, _ in cache.get(["a", "b"]).values()] == [b""]
    cache.close()
