"""The times of streamed replies beside those at which a server sent their parts.

usage: measure.py [--replies N] [--busy N]. The server is a process of its own. What a bare loop of aiohttp
sees of the same stream is the part of the network, the machine and Python; the rest is ours. With --busy
so many processes compute beside them.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

import aiohttp

from prompteval.core.request import Message, Request
from prompteval.providers.openai.provider import OpenAIProvider
from prompteval.providers.openai.server import Server
from prompteval.providers.openai.shape import Shape

OURS = "prompteval"
NAMES = ("first token", "first answer", "end")
REQUEST = Request("openai/m", (Message("user", "Why?"),))
Times = tuple[float, float, float]
# One reply: when it was asked for, and its three times, in seconds.
Ask = Callable[[], Awaitable[tuple[float, Times]]]


def of_provider(provider: OpenAIProvider) -> Ask:
    """What a row of a run has."""

    async def ask() -> tuple[float, Times]:
        begun = time.monotonic()
        reply = await provider.complete(REQUEST)
        first, answer = (float(reply.details[f"first_{name}_ms"]) for name in ("token", "answer"))
        return begun, (first / 1000, answer / 1000, reply.latency_ms / 1000)

    return ask


def of_loop(session: aiohttp.ClientSession, url: str) -> Ask:
    """The least that a client of the same stream does."""

    async def ask() -> tuple[float, Times]:
        begun, found = time.monotonic(), list[float]()
        async with session.post(f"{url}/chat/completions", json={"stream": True}) as reply:
            async for line in reply.content:
                if not line.startswith(b"data: {"):
                    continue
                delta = json.loads(line[6:])["choices"][0]["delta"]
                if delta.get("reasoning_content") or (delta.get("content") and len(found) < 2):
                    found.append(time.monotonic() - begun)
        return begun, (found[0], found[1], time.monotonic() - begun)

    return ask


async def differences(ask: Ask, told: asyncio.StreamReader, replies: int) -> list[Times]:
    """Milliseconds from sending each part of a reply to seeing it; the first reply is left out."""
    found = list[Times]()
    for _ in range(replies + 1):
        begun, seen = await ask()
        sent = json.loads(await told.readline())
        one, two, three = ((s - (at - begun)) * 1000 for s, at in zip(seen, sent, strict=True))
        found.append((one, two, three))
    return found[1:]


async def of_client(name: str, replies: int) -> list[Times]:
    """The differences of one client, with a server of its own."""
    command = (sys.executable, str(Path(__file__).with_name("clocked_server.py")))
    server = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    assert server.stdout is not None and server.stdin is not None
    url = f"http://127.0.0.1:{int(await server.stdout.readline())}/v1"
    provider = OpenAIProvider("m", Server(url, shape=Shape(stream=True)), timeout_s=30.0)
    async with aiohttp.ClientSession() as session:
        ask = of_provider(provider) if name == OURS else of_loop(session, url)
        found = await differences(ask, server.stdout, replies)
    await provider.aclose()
    server.stdin.close()
    await server.wait()
    return found


async def main(replies: int) -> None:
    print(f"| ms after the server sent it, median (largest) of {replies} |", " | ".join(NAMES), "|")
    print("|---" * (len(NAMES) + 1) + "|")
    for name in ("a bare loop of aiohttp", OURS):
        found = await of_client(name, replies)
        cells = (f"{median(one):.2f} ({max(one):.2f})" for one in zip(*found, strict=True))
        print(f"| {name} |", " | ".join(cells), "|")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replies", type=int, default=50)
    parser.add_argument("--busy", type=int, default=0)
    options = parser.parse_args()
    spin = [sys.executable, "-c", "while True: pass"]
    beside = [subprocess.Popen(spin) for _ in range(options.busy)]
    try:
        asyncio.run(main(options.replies))
    finally:
        for process in beside:
            process.kill()
            process.wait()
