"""A child process that runs one function at a time and is killed when it does not end."""

import atexit
import contextlib
import json
import os
import select
import subprocess
import threading
import time
from functools import cache
from typing import Any

from prompteval.core.errors import DeadlineExceeded, PromptevalError
from prompteval.isolate.path import child_command

START_SECONDS = 10.0
# Of address space. A worker with every reader loaded starts at 40 MB; a page of 20 MB takes 450.
MEMORY_BYTES = 600_000_000
# After its deadline a child ends by itself, where this process is no longer there to end it.
ALONE_SECONDS = 1.0
# A result is read into this process, which has no limit of its own.
MAX_REPLY_BYTES = 200_000_000


class WorkerCrashed(PromptevalError):
    """The worker could not continue: over its memory, a result without end, or a fault in native code."""


class Worker:
    """Runs `module:function` calls in a child process, one at a time.

    Arguments and results are JSON values. The child starts on first use, sees no variable of
    the environment but PATH and LANG, imports nothing from the current directory, and is limited to
    MEMORY_BYTES of address space where the system can do that.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._one_at_a_time = threading.Lock()

    def call(self, function: str, *arguments: object, timeout_s: float, data: bytes = b"") -> Any:  # noqa: ANN401 - values of the function it calls
        """The result of `function(*arguments)`, of `function(data, *arguments)` where there is data.

        Raises DeadlineExceeded after `timeout_s` seconds (the child is killed, the next call
        starts a new one), WorkerCrashed when the child died, ran out of memory or answered more
        than MAX_REPLY_BYTES, and PromptevalError with the child's own words when the function raised.
        """
        request = json.dumps([function, arguments, timeout_s + ALONE_SECONDS]).encode("ascii")
        with self._one_at_a_time:
            try:
                if self._process is None or self._process.poll() is not None:
                    self._start()
                reply = json.loads(self._exchange(request, data, function, timeout_s))
            except BaseException:  # Ctrl-C too: half a message would be read as the next one's beginning
                self.close()
                raise
            if "error" not in reply:
                return reply["result"]
            if reply["error"].startswith("MemoryError"):
                self.close()  # what it holds would be missing in the next call
                megabytes = MEMORY_BYTES // 1_000_000
                raise WorkerCrashed(f"{function}: it needs more than {megabytes} MB of memory")
        raise PromptevalError(f"{function}: {reply['error']}")

    def close(self) -> None:
        """End the child. Safe to call twice."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        process.wait()

    def _start(self) -> None:
        self.close()
        environment = {
            name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ
        }
        self._process = subprocess.Popen(
            child_command("prompteval.isolate.child", str(MEMORY_BYTES)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        self._exchange(b'["ready", [], 0]', b"", "the worker's start", START_SECONDS)

    def _exchange(self, request: bytes, data: bytes, what: str, timeout_s: float) -> bytes:
        """Send one length-prefixed message and read one back before the deadline."""
        deadline = time.monotonic() + timeout_s
        sizes = len(request).to_bytes(8, "big") + len(data).to_bytes(8, "big")
        try:
            process = self._process
            if process is None or process.stdin is None or process.stdout is None:
                raise EOFError
            for part in (sizes + request, data):
                _write(process.stdin.fileno(), part, deadline)
            length = int.from_bytes(_read(process.stdout.fileno(), 8, deadline), "big")
            if length > MAX_REPLY_BYTES:
                raise WorkerCrashed(f"{what}: its result is larger than {MAX_REPLY_BYTES // 1_000_000} MB")
            return _read(process.stdout.fileno(), length, deadline)
        except TimeoutError:
            raise DeadlineExceeded(what, timeout_s) from None
        except (BrokenPipeError, EOFError):
            message = f"{what}: the worker process died, out of memory or by a fault in native code"
            raise WorkerCrashed(message) from None


def _write(pipe: int, data: bytes, deadline: float) -> None:
    os.set_blocking(pipe, False)
    view = memoryview(data)
    while view:
        _wait(deadline, write=pipe)
        view = view[os.write(pipe, view[:65536]) :]


def _read(pipe: int, count: int, deadline: float) -> bytes:
    chunks = []
    while count:
        _wait(deadline, read=pipe)
        chunk = os.read(pipe, min(count, 1 << 20))
        if not chunk:
            raise EOFError
        chunks.append(chunk)
        count -= len(chunk)
    return b"".join(chunks)


def _wait(deadline: float, *, read: int | None = None, write: int | None = None) -> None:
    left = deadline - time.monotonic()
    reads, writes = ([read] if read is not None else []), ([write] if write is not None else [])
    if left <= 0 or not any(select.select(reads, writes, [], left)):
        raise TimeoutError


@cache
def shared() -> Worker:
    """The one worker of this process; it ends with the process."""
    worker = Worker()
    atexit.register(worker.close)
    return worker
