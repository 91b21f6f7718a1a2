"""A loaded prompt under an application's load: threads, event loops, handlers, deadlines."""

import asyncio
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import prompteval
from prompteval.application import LoadedPrompt
from prompteval.testing.server import FakeServer, Fault

PROMPT = """
from pydantic import BaseModel
from prompteval import Prompt, user

class Inputs(BaseModel):
    message: str

prompt = Prompt(inputs=Inputs, output=str, messages=[user("{{ message }}")])
"""
LATENCY_S = 0.2


@contextmanager
def echo(
    root: Path, monkeypatch: pytest.MonkeyPatch, profile: str = "", **server: Any
) -> Iterator[LoadedPrompt]:
    """A prompt whose model gives back the message after 0.2 s."""
    with FakeServer(**{"latency_s": LATENCY_S, **server}) as fake:
        monkeypatch.setenv("FAKE_KEY", "sk-test")
        (root / "prompts/echo").mkdir(parents=True)
        (root / "prompts/echo/v1.py").write_text(PROMPT)
        model = f'[models.m]\nmodel = "fake"\nbase_url = "{fake.url}"\napi_key_env = "FAKE_KEY"\n'
        (root / "prompteval.toml").write_text(model + "price = { input = 1000000, output = 0 }\n" + profile)
        loaded = prompteval.load("echo", model="m", workspace=root)
        yield loaded
        loaded.close()


def texts(count: int) -> list[str]:
    return [f"m{number}" for number in range(count)]


def test_sync_calls_from_eight_threads_wait_for_the_model_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five calls of 0.2 s each in turn, a thread, take about a second; every answer goes to its caller."""
    with echo(tmp_path, monkeypatch) as call, ThreadPoolExecutor(8) as pool:
        call(message="warm")
        started = time.monotonic()
        assert list(pool.map(lambda text: call(message=text), texts(40))) == texts(40)
        assert time.monotonic() - started < 3


@pytest.mark.slow
def test_three_hundred_and_twenty_calls_from_threads_and_from_a_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """8 s is the limit for eight threads, 0.2 s for one loop: of three rounds one is under a second."""
    with echo(tmp_path, monkeypatch) as call:
        call(message="warm")
        started = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(lambda text: call(message=text), texts(320))) == texts(320)
        assert time.monotonic() - started < 9

        async def many() -> list[Any]:
            return await asyncio.gather(*(call.acall(message=text) for text in texts(320)))

        rounds = []
        for _ in range(3):
            started = time.monotonic()
            assert asyncio.run(many()) == texts(320)
            rounds.append(time.monotonic() - started)
        assert min(rounds) < 1.0, rounds


def test_three_event_loops_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`asyncio.run` again and again, and a loop of another thread."""
    with echo(tmp_path, monkeypatch, latency_s=0.0) as call:

        async def some() -> list[Any]:
            return await asyncio.gather(*(call.acall(message=text) for text in texts(5)))

        with ThreadPoolExecutor(1) as pool:
            assert (
                asyncio.run(some())
                == asyncio.run(some())
                == pool.submit(asyncio.run, some()).result()
                == texts(5)
            )


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_two_hundred_requests_through_fastapi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Handlers of both kinds; FastAPI runs the sync ones in its threads."""
    fastapi = pytest.importorskip("fastapi")
    app = fastapi.FastAPI()
    with echo(tmp_path, monkeypatch, latency_s=0.02) as call:
        if kind == "sync":

            @app.get("/{text}")
            def answer(text: str) -> Any:
                return call(message=text)

        else:

            @app.get("/{text}")
            async def answer_later(text: str) -> Any:
                return await call.acall(message=text)

        async def all_of_them() -> list[str]:
            return await asyncio.gather(*(asgi_get(app, f"/{text}") for text in texts(200)))

        assert asyncio.run(all_of_them()) == [f'"{text}"' for text in texts(200)]


async def asgi_get(app: Any, path: str) -> str:
    """The body of a GET, without a client in between."""
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "path": path,
        "raw_path": path.encode(), "root_path": "", "scheme": "http", "query_string": b"", "headers": [],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return b"".join(message.get("body", b"") for message in sent).decode()


def test_a_run_tells_what_the_answer_took(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Usage as the server counts it, cost by the profile's price; `arun` the same."""
    with echo(tmp_path, monkeypatch, latency_s=0.0) as call:
        reply = call.run(message="hello")
        assert (reply.output, reply.model) == ("hello", "fake")
        assert reply.usage is not None and reply.cost_usd == reply.usage.prompt_tokens
        again = asyncio.run(call.arun(message="hello"))
        assert (again.output, again.usage) == (reply.output, reply.usage)


def test_a_batch_keeps_its_order_and_tells_of_failures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first failure is raised, or each is in its place."""
    with echo(tmp_path, monkeypatch, latency_s=0.0) as call:
        many = [{"message": text} for text in texts(50)]
        assert call.batch(many) == asyncio.run(call.abatch(many, concurrency=3)) == texts(50)
        found = call.batch([{"message": "a"}, {"mesage": "b"}], return_exceptions=True)
        assert found[0] == "a" and isinstance(found[1], prompteval.InvalidInput)
        with pytest.raises(prompteval.InvalidInput):
            call.batch([{"mesage": "b"}])


@pytest.mark.parametrize(
    "fault",
    [Fault("hang"), Fault("status", 429, "rate_limit_exceeded", {"retry-after": "30"}), Fault("drip")],
)
def test_f11_a_deadline_bounds_the_whole_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    """A server that hangs, drips, or asks for a longer wait: no retry is waited for beyond it."""
    with echo(tmp_path, monkeypatch, latency_s=0.0, faults=[fault] * 9) as call:
        started = time.monotonic()
        with pytest.raises(prompteval.ProviderError) as raised:
            call.with_options(deadline_s=0.5)(message="x")
        assert raised.value.kind in ("timeout", "rate_limit")
        assert time.monotonic() - started < 1.5


def test_a_sync_call_inside_a_loop_is_a_plain_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would block every other task there."""
    with echo(tmp_path, monkeypatch, latency_s=0.0) as call:

        async def inside() -> None:
            call(message="x")

        with pytest.raises(
            prompteval.UsageError, match=r"a call of echo blocks.*write `await echo.acall\(...\)`"
        ):
            asyncio.run(inside())


def test_a_cancelled_task_cancels_its_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler whose client went away pays for nothing more, and the next call works."""
    with echo(tmp_path, monkeypatch, faults=[Fault("hang")]) as call:

        async def given_up() -> Any:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(call.acall(message="x"), 0.2)
            return await call.acall(message="y")

        assert asyncio.run(given_up()) == "y"


def test_max_concurrency_of_a_profile_bounds_an_application(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server takes two at a time, and no call is turned away."""
    with echo(tmp_path, monkeypatch, "max_concurrency = 2\n", latency_s=0.02, max_concurrent=2) as call:
        assert call.batch([{"message": text} for text in texts(20)]) == texts(20)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_worker_makes_calls_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a server does that loads the application and then forks."""
    with echo(tmp_path, monkeypatch, latency_s=0.0) as call:
        assert call(message="parent") == "parent"
        child = os.fork()
        if child == 0:
            try:
                os._exit(0 if call(message="child") == "child" else 1)
            finally:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert call(message="again") == "again"


def test_an_answer_that_is_no_output_is_an_error_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`OutputError` is a ProviderError, with the raw reply."""
    with (
        echo(tmp_path, monkeypatch, latency_s=0.0, faults=[Fault("length")]) as call,
        pytest.raises(prompteval.OutputError, match="cut at the token limit"),
    ):
        call(message="x")
    assert issubclass(prompteval.OutputError, prompteval.ProviderError)
