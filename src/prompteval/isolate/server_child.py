"""A child process that serves on loopback until this one closes it or ends.

For native code that keeps Python's lock while it loads, or may fall over: no event loop waits for it, and its
crash is an error of a call.
"""

import asyncio
import json
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from prompteval.core.errors import DeadlineExceeded, PromptevalError
from prompteval.core.strict_json import JsonObject
from prompteval.isolate.path import child_command

LOG_BYTES: Final = 4_000
LAST_LINES: Final = 3
# Until the system has told that a process which closed its connections has ended.
END_SECONDS: Final = 2.0
# Where programs and libraries are, and how computing libraries are set; no variable that holds a key.
_PASSED: Final = frozenset({"PATH", "LANG", "SYSTEMROOT", "HOME", "TMPDIR", "LD_LIBRARY_PATH"})
_PREFIXES: Final = ("LC_", "GGML_", "CUDA_", "NVIDIA_", "HIP_", "ROCR_", "HSA_", "VK_", "OMP_")


class ServerRefused(PromptevalError):
    """What was to be served raised, in the words of the exception; `log` are the lines that it wrote."""

    def __init__(self, message: str, log: Sequence[str]) -> None:
        super().__init__(message)
        self.log = log


class ServerEnded(PromptevalError):
    """The child was not started, or ended before it served."""


@dataclass(frozen=True, slots=True)
class End:
    """How a child ended: the code of its exit, negative for a signal; and the last that it wrote."""

    code: int
    log: Sequence[str]

    def __str__(self) -> str:
        how = f"ended with exit code {self.code}"
        if self.code < 0:
            with suppress(ValueError):
                name = signal.Signals(-self.code).name
                how = f"was ended by {name}" + (", as for want of memory" if name == "SIGKILL" else "")
        return f"{how}; its last lines: {' | '.join(self.log[-LAST_LINES:])}" if self.log else how


class ServerChild:
    """A running child; `address` is what the function that opened it gave."""

    def __init__(self, process: Process) -> None:
        self.address = ""
        self._process = process
        self._log = b""
        self._reading = asyncio.create_task(self._read_log())

    @classmethod
    async def start(cls, function: str, settings: JsonObject, *, timeout_s: float) -> "ServerChild":
        """Call `module:function` with `settings` in a new process, and wait until it serves.

        The function gives (what is kept as long as the process lives, the address). Settings go through a
        pipe: they may hold a key. Raises DeadlineExceeded after `timeout_s` seconds, ServerRefused with the
        words of what the function raised, and ServerEnded where the process died, could not be started or
        answered with anything else. None leaves a process.
        """
        try:
            child = cls(await _spawn())
        except OSError as error:  # too many processes, open files or little memory
            raise ServerEnded(f"was not started: {error.strerror or error}") from None
        try:
            async with asyncio.timeout(timeout_s):
                reply = await child._ask({"function": function, "settings": settings, "seconds": timeout_s})
            if reply is None:
                end = await child.end()
                raise ServerEnded(str(end) if end is not None else "closed its pipe before it served")
            if "error" in reply:
                await child.end()
                raise ServerRefused(str(reply["error"]), child.log)
            child.address = str(reply["address"])
        except TimeoutError:
            await child.aclose()
            raise DeadlineExceeded("the start", timeout_s) from None
        except ValueError:  # also for a line that is longer than a stream's limit
            await child.aclose()
            raise ServerEnded("gave an answer that cannot be read") from None
        except BaseException:
            await child.aclose()
            raise
        return child

    @property
    def log(self) -> list[str]:
        """The last lines that it wrote, of LOG_BYTES at most."""
        lines = map(str.strip, self._log.decode("utf-8", "replace").splitlines())
        return [line for line in lines if line]

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.returncode is None

    async def end(self, within_s: float = END_SECONDS) -> End | None:
        """How it ended; None where it still runs after `within_s` seconds."""
        try:
            async with asyncio.timeout(within_s):
                code = await self._process.wait()
        except TimeoutError:
            return None
        await asyncio.wait([self._reading], timeout=END_SECONDS)
        return End(code, self.log)

    async def aclose(self) -> None:
        """End it, and wait until it has. Safe to call twice."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.wait()
        self._reading.cancel()
        await asyncio.wait([self._reading])

    async def _ask(self, request: JsonObject) -> JsonObject | None:
        writer, reader = self._process.stdin, self._process.stdout
        if writer is None or reader is None:
            return None
        with suppress(BrokenPipeError, ConnectionResetError):
            writer.write(json.dumps(request).encode("ascii") + b"\n")
            await writer.drain()
        line = await reader.readline()
        return json.loads(line) if line.endswith(b"\n") else None

    async def _read_log(self) -> None:
        reader = self._process.stderr
        while reader is not None and (data := await reader.read(65_536)):
            self._log = (self._log + data)[-LOG_BYTES:]


async def _spawn() -> Process:
    command = child_command("prompteval.isolate.serving")
    environment = passed(os.environ)
    return await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment
    )


def passed(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that a child is given."""
    return {
        name: value for name, value in environment.items() if name in _PASSED or name.startswith(_PREFIXES)
    }
