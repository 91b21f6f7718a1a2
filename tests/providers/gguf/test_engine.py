"""The process of a model's engine: it blocks no loop, may crash and be started again, and leaves nothing behind."""

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from prompteval.core.errors import ProviderError
from prompteval.core.request import Message, Request, Response
from prompteval.providers.gguf.provider import MOST_CRASHES, GgufProvider
from tests.ended import is_gone, until
from tests.open_files import no_more_files
from tests.providers.gguf.test_gguf import ASK, runs, use
from tests.providers.gguf.test_processes import serving
from tests.providers.gguf.tiny import write_tiny
from tests.small_workspace import Place

LONG = Request("gguf/m", (Message("user", "hi"),), {"temperature": 0.0, "max_output_tokens": 900}, seed=7)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("models") / "tiny.gguf")


async def crash(model: GgufProvider, request: Request) -> ProviderError:
    """The error of a call whose process is killed."""
    pid = (await model._loaded()).child.pid
    call = asyncio.create_task(model.complete(request))
    await asyncio.sleep(0)  # the process may end before, during or after the call; its end is an error of it
    os.kill(pid, signal.SIGSEGV)
    with pytest.raises(ProviderError) as raised:
        await call
    assert is_gone(pid)
    return raised.value


def test_the_loop_goes_on_while_a_model_loads(tiny: Path) -> None:
    """Whoever else runs on it; eight calls wait for one load."""
    runs()
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.001)
            ticks += 1

    async def load(model: GgufProvider) -> int:
        ticking = asyncio.create_task(tick())
        loaded = await asyncio.gather(*(model._loaded() for _ in range(8)))
        ticking.cancel()
        return len({one.child.pid for one in loaded})

    assert use(tiny, load) == 1 and ticks > 10


def test_a_crash_is_an_error_of_the_call_and_the_next_starts_again(tiny: Path) -> None:
    """With the signal; it may be tried again."""
    runs()

    async def work(model: GgufProvider) -> tuple[ProviderError, str]:
        error = await crash(model, LONG)
        return error, (await model.complete(ASK)).finish

    error, finish = use(tiny, work)
    assert "the process of llama.cpp that was to answer as tiny.gguf was ended by SIGSEGV" in str(error)
    assert (error.kind, error.retryable, finish) == ("server", True, "length")


def test_crashes_in_a_row_end(tiny: Path) -> None:
    """The last is not tried again, and no process is started after it."""
    runs()

    async def work(model: GgufProvider) -> list[ProviderError]:
        found = [await crash(model, LONG) for _ in range(MOST_CRASHES)]
        with pytest.raises(ProviderError, match="is not started again") as raised:
            await model.complete(ASK)
        return [*found, raised.value]

    assert [one.retryable for one in use(tiny, work)] == [True] * (MOST_CRASHES - 1) + [False, False]


def test_one_that_ended_between_calls_is_started_again(tiny: Path) -> None:
    """No call fails for it."""
    runs()

    async def work(model: GgufProvider) -> bool:
        child = (await model._loaded()).child
        os.kill(child.pid, signal.SIGKILL)
        await child.end()
        await model.complete(ASK)
        return (await model._loaded()).child.pid != child.pid

    assert use(tiny, work)


def test_two_models_of_one_process_and_one_after_the_other(tiny: Path) -> None:
    """The same answers, side by side and after both were closed."""
    runs()

    async def both(model: GgufProvider) -> list[str]:
        other = GgufProvider(tiny, model.head, model._profile)
        found = [one.text for one in await asyncio.gather(model.complete(ASK), other.complete(ASK))]
        await other.aclose()
        return found

    assert len({*use(tiny, both), *use(tiny, both)}) == 1


def test_closing_while_it_loads_leaves_no_process(tiny: Path) -> None:
    """Who waits for it is told."""
    runs()

    async def work(model: GgufProvider) -> str:
        call = asyncio.create_task(model.complete(ASK))
        found: list[int] = []
        await asyncio.to_thread(until, lambda: bool(found.extend(serving(os.getpid())) or found))
        await model.aclose()
        assert all(map(is_gone, found)) and serving(os.getpid()) == []
        with pytest.raises(ProviderError) as raised:
            await call
        return str(raised.value)

    assert use(tiny, work) == "tiny.gguf was closed while it was loaded"


def test_a_process_that_the_system_does_not_start_is_an_error_of_each_call(tiny: Path) -> None:
    """Not an OSError; a call after them is answered."""
    runs()

    async def work(model: GgufProvider) -> tuple[list[ProviderError], str]:
        found = []
        for _ in range(2):
            with no_more_files(), pytest.raises(ProviderError) as raised:
                await model.complete(ASK)
            found.append(raised.value)
        return found, (await model.complete(ASK)).finish

    message = "the process of llama.cpp that was to load tiny.gguf was not started: Too many open files"
    errors, finish = use(tiny, work)
    assert [(one.kind, str(one)) for one in errors] == [("server", message)] * 2 and finish == "length"


def test_starts_that_fail_in_a_row_end(tiny: Path) -> None:
    """Calls that wait for one start count it once; after MOST_CRASHES no other is made."""
    runs()

    async def work(model: GgufProvider) -> list[BaseException | Response]:
        found: list[BaseException | Response] = []
        with no_more_files():
            for _ in range(MOST_CRASHES):
                calls = (model.complete(ASK) for _ in range(3))
                found += await asyncio.gather(*calls, return_exceptions=True)
        with pytest.raises(ProviderError, match="is not started again after 3 such ends in a row"):
            await model.complete(ASK)
        return found

    assert all("was not started" in str(one) and "again" not in str(one) for one in use(tiny, work))


def test_a_request_over_the_windows_of_its_profile_starts_no_process(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is an error of its case, with both sizes, before the model is loaded; one that fits is answered."""
    runs()
    write_tiny(place.root / "tiny.gguf")
    place.write(
        "prompteval.toml", '[models.small]\nprovider = "gguf"\nmodel = "tiny.gguf"\ncontext_window = 64\n'
    )
    place.write(
        "datasets/c.jsonl",
        json.dumps({"id": "c", "inputs": {"message": "word " * 200}, "expected": "b"}) + "\n",
    )
    started: list[object] = []
    monkeypatch.setattr(GgufProvider, "_start", lambda self: started.append(self))
    view = place.run(models=("small",))
    assert "over context_window = 64" in " ".join(view.results[0].notes) and started == []
    monkeypatch.undo()
    place.write(
        "datasets/c.jsonl", json.dumps({"id": "c", "inputs": {"message": "a"}, "expected": "b"}) + "\n"
    )
    assert place.run(models=("small",)).results[0].cases["errors"] == 0
