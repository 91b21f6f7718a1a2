"""One worker process with a deadline."""

import json
import os
import signal
import time

import pytest

from prompteval.core.errors import DeadlineExceeded, PromptevalError
from prompteval.isolate.worker import Worker, WorkerCrashed


@pytest.fixture
def worker() -> "Worker":
    return Worker()


def test_results_come_back(worker: Worker) -> None:
    """A function's JSON result is returned, again and again, from one process."""
    assert worker.call("operator:add", 2, 3, timeout_s=5) == 5
    first = worker.call("os:getpid", timeout_s=5)
    assert worker.call("os:getpid", timeout_s=5) == first != os.getpid()
    worker.close()


def test_a_hang_is_killed_and_the_next_call_works(worker: Worker) -> None:
    """The deadline holds in C code too, and leaves no process behind."""
    pid = worker.call("os:getpid", timeout_s=5)
    started = time.perf_counter()
    with pytest.raises(DeadlineExceeded):
        worker.call("re:match", "(a+)+$", "a" * 50 + "b", timeout_s=0.3)
    assert time.perf_counter() - started < 2
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert worker.call("operator:add", 1, 1, timeout_s=5) == 2
    worker.close()


def test_errors_come_back_as_text(worker: Worker) -> None:
    """What the function raised is told."""
    with pytest.raises(PromptevalError, match="ZeroDivisionError"):
        worker.call("operator:truediv", 1, 0, timeout_s=5)
    with pytest.raises(PromptevalError, match="not JSON serializable"):
        worker.call("re:compile", "a", timeout_s=5)
    worker.close()


def test_a_crash_is_told(worker: Worker) -> None:
    """A worker that dies is an error of its own, and the next call gets a new one."""
    with pytest.raises(WorkerCrashed):
        worker.call("os:_exit", 3, timeout_s=5)
    assert worker.call("operator:add", 1, 1, timeout_s=5) == 2
    worker.close()


def test_s20_the_worker_sees_no_secret(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys in the environment are not handed on."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert worker.call("os:getenv", "OPENAI_API_KEY", timeout_s=5) is None
    worker.close()


def test_large_arguments_do_not_block(worker: Worker) -> None:
    """Several megabytes go both ways."""
    text = "x" * 5_000_000
    assert worker.call("builtins:len", text, timeout_s=10) == len(text)
    assert worker.call("operator:add", text, "y", timeout_s=10) == text + "y"
    worker.close()


def test_f43_a_child_that_nobody_waits_for_ends_by_itself() -> None:
    """Native code included: after its deadline it is gone, though nobody killed it."""
    worker = Worker()
    worker._start()
    child = worker._process
    assert child is not None and child.stdin is not None
    request = json.dumps(["re:search", ["(a+)+$", "a" * 60 + "b"], 0.2]).encode()
    child.stdin.write(len(request).to_bytes(8, "big") + bytes(8) + request)
    child.stdin.flush()
    try:
        assert child.wait(timeout=30) == -signal.SIGALRM
    finally:
        worker.close()
