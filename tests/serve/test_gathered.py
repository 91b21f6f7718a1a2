"""What is written in one turn of the event loop leaves by one write, and nothing is lost."""

import asyncio

from prompteval.serve.gathered import Gathered


class Kept(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.closed = list[bytes](), False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def test_head_and_body_are_one_write_and_turns_are_apart() -> None:
    """In their order; a later turn is a write of its own."""

    async def both() -> list[bytes]:
        kept = Kept()
        gathered = Gathered(kept, asyncio.get_running_loop())
        gathered.write(b"head ")
        gathered.write(bytearray(b"body"))
        assert kept.written == []
        await asyncio.sleep(0)
        gathered.write(b"next")
        await asyncio.sleep(0)
        return kept.written

    assert asyncio.run(both()) == [b"head body", b"next"]


def test_what_is_held_is_written_before_the_end() -> None:
    """And nothing after it."""

    async def closed() -> Kept:
        kept = Kept()
        gathered = Gathered(kept, asyncio.get_running_loop())
        gathered.write(b"last")
        gathered.close()
        gathered.write(b"too late")
        await asyncio.sleep(0)
        assert gathered.is_closing()
        return kept

    kept = asyncio.run(closed())
    assert kept.written == [b"last"] and kept.closed
