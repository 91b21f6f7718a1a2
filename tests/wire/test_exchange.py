"""F35, F39, S38: one POST of JSON against servers without end, with bombs, lies and other origins."""

import asyncio
import gzip
import time
import tracemalloc
import zlib
from collections.abc import Iterable
from pathlib import Path

import pytest

from prompteval.core.errors import ProviderError
from prompteval.wire import HttpAnswer, for_each_line, open_session, post_json
from tests.hostile import CHUNKED, OK, Asked, Hostile, Made, bomb, chunk, endless, says, whole

MOST = 2_000_000
MEGABYTE = b" " * 1_000_000


def post(url: str, timeout_s: float = 5.0, most_bytes: int = MOST, **headers: str) -> HttpAnswer:
    async def once() -> HttpAnswer:
        async with open_session(url, headers) as session:
            return await post_json(session, url, b"{}", timeout_s=timeout_s, most_bytes=most_bytes)

    return asyncio.run(once())


BOMBS = {"gzip": 31, "deflate": 15, "bare-deflate": -15}


def packed(name: str, data: bytes) -> Made:
    return lambda asked: whole(data, f"Content-Encoding: {name}")


@pytest.mark.parametrize(
    "made",
    [
        endless(CHUNKED, chunk(MEGABYTE)),
        endless(OK + b"Content-Length: 50000000000\r\n\r\n", MEGABYTE),
        endless(b"HTTP/1.1 500 Oops\r\n\r\n", b"A" * 1_000_000),
        endless(OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"")),
        *BOMBS,
    ],
    ids=["chunked", "length", "error", "gzip-members", *BOMBS],
)
def test_f39_a_body_without_end_is_cut_at_the_limit(made: Made | str) -> None:
    """Endless, or packed a thousandfold: an error of its own, and memory and traffic of the limit's size."""
    if isinstance(made, str):
        made = packed(made.removeprefix("bare-"), bomb(BOMBS[made], 200))
    tracemalloc.start()
    with Hostile(made) as server, pytest.raises(ProviderError) as caught:
        post(server.url)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.kind in ("too_large", "bad_response") and not str(caught.value).startswith("timeout")
    assert peak < 5 * MOST and server.sent < 20 * MOST


@pytest.mark.parametrize(
    "made",
    [
        endless(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"a" * 4000 + b"\r\n"),
        endless(b"HTTP/1.1 200 OK\r\nX-A: ", b"a" * 1_000_000),
        endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
        endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 1000),
    ],
    ids=["headers", "header", "continue", "hints"],
)
def test_f39_a_head_without_end_is_an_error(made: Made) -> None:
    """Headers, or answers before the answer, in any number: an error within the deadline, in little memory."""
    tracemalloc.start()
    started = time.monotonic()
    with Hostile(made) as server, pytest.raises(ProviderError) as caught:
        post(server.url, timeout_s=1.0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.kind in ("connection", "timeout")
    assert time.monotonic() - started < 10 and peak < 20_000_000


@pytest.mark.parametrize(
    ("name", "data"), [("gzip", gzip.compress(b"{}" * 9, mtime=0)), ("deflate", zlib.compress(b"{}" * 9))]
)
def test_packed_answers_are_read(name: str, data: bytes) -> None:
    """What was asked for is unpacked, in several members too."""
    with Hostile(packed(name, data)) as server:
        assert post(server.url).body == b"{}" * 9
    if name == "gzip":
        with Hostile(packed(name, data * 3)) as server:
            assert post(server.url).body == b"{}" * 27


@pytest.mark.parametrize(
    ("name", "data"),
    [("br", b"\x1b\xff\xff"), ("zstd", b"(\xb5/\xfd"), ("gzip, gzip", b""), ("gzip", b"no"), ("gzip", gzip.compress(b"x", mtime=0)[:-9])],
)  # fmt: skip
def test_f39_an_encoding_that_was_not_asked_for_is_refused(name: str, data: bytes) -> None:
    """br, zstd, twice packed, badly packed, cut short: a bad response, whatever is installed."""
    with Hostile(packed(name, data)) as server, pytest.raises(ProviderError) as caught:
        post(server.url)
    assert caught.value.kind == "bad_response"


def test_f11_a_drip_ends_at_the_deadline() -> None:
    """One byte at a time, head and body: the deadline is over all of it."""

    def drip(asked: Asked) -> Iterable[bytes]:
        for byte in whole(b"{}" * 100)[0]:
            time.sleep(0.02)
            yield bytes([byte])

    started = time.monotonic()
    with Hostile(drip) as server, pytest.raises(ProviderError) as caught:
        post(server.url, timeout_s=0.3)
    assert caught.value.kind == "timeout" and time.monotonic() - started < 2


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent"])
def test_s38_a_redirect_is_an_answer_and_is_not_followed(status: str) -> None:
    """The other origin sees no connection, so no key and no document goes there."""
    with Hostile(says({})) as other:
        with Hostile(says({}, f"Location: {other.url}", status=status)) as server:
            assert post(server.url, Authorization="Bearer k").status == int(status[:3])
        assert other.asked == []


def test_s38_no_netrc_is_read_and_no_cookie_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials of a .netrc for the same host do not travel; a cookie is not sent back."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login u password p\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))

    async def twice(url: str) -> None:
        async with open_session(url, {}) as session:
            for _ in range(2):
                await post_json(session, url, b"{}", timeout_s=5)

    with Hostile(says({}, "Set-Cookie: a=b")) as server:
        asyncio.run(twice(server.url))
        heads = "".join(asked.head.lower() for asked in server.asked)
    assert "authorization" not in heads and "cookie" not in heads


def test_f39_a_file_of_lines_is_taken_line_by_line() -> None:
    """An endless line is one line that cannot be read; the others are handed on, up to the limit of all."""
    found: list[bytes | None] = []

    async def read(url: str) -> None:
        async with open_session(url, {}) as session:
            await for_each_line(session, url, found.append, timeout_s=5, most_bytes=500_000, longest=1000)

    body = b"one\n" + b"x" * 200_000 + b"\ntwo\nlast"
    with Hostile(lambda asked: whole(body)) as server:
        asyncio.run(read(server.url))
    assert found == [b"one", None, b"two", b"last"]
    with (
        Hostile(endless(CHUNKED, chunk(b"y" * 100_000))) as server,
        pytest.raises(ProviderError, match="over 500,000"),
    ):
        asyncio.run(read(server.url))


def test_f39_large_bodies_take_turns() -> None:
    """Sixteen bodies of 4 MB at once are all read, and far from all of them are held at a time."""

    async def many(url: str) -> list[int]:
        async def one() -> int:
            return len((await post_json(session, url, b"{}", timeout_s=20, most_bytes=5_000_000)).body)

        async with open_session(url, {}) as session:
            return [await task for task in [asyncio.ensure_future(one()) for _ in range(16)]]

    tracemalloc.start()
    with Hostile(lambda asked: [CHUNKED, *[chunk(MEGABYTE)] * 4, b"0\r\n\r\n"]) as server:
        assert asyncio.run(many(server.url)) == [4_000_000] * 16
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Eight wait at 2 MB, eight hold 4 MB and their copy; all sixteen at once would be 128 MB.
    assert peak < 90_000_000
