"""Files of calls: read off the event loop, and a bound on those that are held at a time."""

import asyncio
import subprocess
import sys
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.media import File
from prompteval.core.request import Message, PlacedFile, Request
from prompteval.providers.hosted.in_flight import FilesInFlight
from prompteval.providers.openai import create
from prompteval.testing.server import FakeServer, Reply
from prompteval.workspace.settings import ModelProfile
from tests.media_files import png


@given(st.lists(st.tuples(st.integers(1, 120), st.integers(0, 3), st.booleans()), max_size=12))
def test_no_more_is_held_than_fits_and_all_get_their_turn(calls: list[tuple[int, int, bool]]) -> None:
    """One over the bound is alone; those that are cancelled, waiting or not, give everything back."""
    places, held = FilesInFlight(100), list[int]()

    async def call(size: int, steps: int) -> None:
        async with places.held(size):
            held.append(size)
            assert sum(held) <= 100 or len(held) == 1
            try:
                for _ in range(steps):
                    await asyncio.sleep(0)
            finally:
                held.remove(size)

    async def run() -> None:
        tasks = [asyncio.create_task(call(size, steps)) for size, steps, _ in calls]
        await asyncio.sleep(0)
        for task, (_, _, left) in zip(tasks, calls, strict=True):
            if left:
                task.cancel()
                await asyncio.sleep(0)
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert not [end for end in ends if isinstance(end, AssertionError)]
        async with asyncio.timeout(60), places.held(100):  # which would wait for ever for what was lost
            pass

    asyncio.run(run())


@pytest.mark.parametrize("stream", [False, True])
def test_files_are_read_off_the_event_loop_and_in_their_bound(stream: bool) -> None:
    """The second call reads its file once the first has its answer; one without files waits for none."""
    on_loop: list[bool] = []
    file = File.of_bytes(png(), lambda: (on_loop.append(current_thread() is main_thread()), png())[1])
    asked = Request("openai/m", (Message("user", "What?", files=(PlacedFile(0, file),)),))

    async def run(url: str) -> None:
        profile = ModelProfile("m", base_url=url, extra_body={}, api_key_env=None)
        model: Any = create("m", profile, Path())
        model._in_flight = FilesInFlight(1)

        async def ask() -> object:
            return [piece async for piece in model.stream(asked)] if stream else await model.complete(asked)

        async with model._in_flight.held(1):
            calls = [asyncio.create_task(ask()) for _ in range(2)]
            await model.complete(Request("openai/m", (Message("user", "What?"),)))
            assert on_loop == []
        await asyncio.gather(*calls)
        await model.aclose()

    with FakeServer([Reply("", text="a square")]) as server:
        asyncio.run(run(server.url))
    assert on_loop and not any(on_loop)


@pytest.mark.parametrize(
    "module", ["hosted.provider", "openai.provider", "openai.batch", "anthropic", "gemini"]
)
def test_each_module_is_imported_alone(module: str) -> None:
    """Whichever comes first."""
    command = [sys.executable, "-c", f"import prompteval.providers.{module}"]
    assert subprocess.run(command, check=False, timeout=60).returncode == 0
