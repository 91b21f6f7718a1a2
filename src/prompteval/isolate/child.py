"""The other side of `worker`: reads a call, runs it, writes the result, until its input closes."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import BinaryIO


def main() -> None:
    """Serve calls on standard input and output. Ctrl-C is the parent's, which kills what it waits for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory(int(sys.argv[1]))
    calls, results = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what a function prints must not mix with results
    while True:
        head = calls.read(16)
        if len(head) < 16:
            return
        _send(results, _answer(calls, int.from_bytes(head[:8], "big"), int.from_bytes(head[8:], "big")))


def _answer(calls: BinaryIO, length: int, data_length: int) -> dict[str, object]:
    try:
        function, arguments, seconds = json.loads(calls.read(length))
        data = calls.read(data_length)
    except MemoryError as error:
        return {"error": f"MemoryError: {error}"}
    with _ends_after(seconds):
        return _run(function, [data, *arguments] if data_length else arguments)


@contextmanager
def _ends_after(seconds: float) -> Iterator[None]:
    """The process ends when the block lasts longer, native code included; 0 is without end."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)
    yield
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)


def _run(function: str, arguments: list[object]) -> dict[str, object]:
    if function == "ready":
        return {"result": True}
    try:
        module, _, name = function.partition(":")
        return {"result": getattr(import_module(module), name)(*arguments)}
    except BaseException as error:
        return {"error": f"{type(error).__name__}: {error}"}


def _send(results: BinaryIO, reply: dict[str, object]) -> None:
    try:
        data = json.dumps(reply).encode("ascii")
    except (TypeError, ValueError, MemoryError, RecursionError) as error:
        data = json.dumps({"error": f"{type(error).__name__}: {error}"}).encode("ascii")
    results.write(len(data).to_bytes(8, "big") + data)
    results.flush()


def _limit_memory(count: int) -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (count, count))
    except (ImportError, ValueError, OSError):
        # macOS has no address-space limit; the deadline and the output cap still hold there.
        return
