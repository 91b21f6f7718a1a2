"""A server of one stream: an empty role frame, a thought, a text and the end, with known delays between them.

usage: clocked_server.py. Prints its port, and for each reply a line with when its parts were sent, in seconds
of the clock that all processes of the machine share.
"""

import asyncio
import json
import sys
import time
from typing import Any

# Milliseconds before the thought, the text and the end.
DELAYS = (40, 60, 50)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
    """One server-sent event as a chunk."""
    body = json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
    return chunk(f"data: {body}\n\n".encode())


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


PARTS = (
    event({"reasoning_content": "Let me see."}),
    event({"content": "Be"}),
    event({"content": "cause."}, "stop") + chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n",
)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Every request of a connection."""
    while head := await reader.readuntil(b"\r\n\r\n"):
        lines = head.lower().split(b"\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        writer.write(HEAD + event({"role": "assistant", "content": ""}))
        await writer.drain()
        sent = []
        for delay, part in zip(DELAYS, PARTS, strict=True):
            await asyncio.sleep(delay / 1000)
            sent.append(time.monotonic())
            writer.write(part)
            await writer.drain()
        print(json.dumps(sent), flush=True)


async def main() -> None:
    async def until_closed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(until_closed, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)  # until the benchmark ends
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
