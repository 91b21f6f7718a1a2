"""Command lines without the cost of starting Python: each runs in a fork of a process that has all imported.

A command line is one of `prompteval`, or of another PROGRAM where a request says so.

`python -m tests.forks SOCKET` is that process. It reads one request a line and answers with one line; shell scripts
reach it by the socket, through the program that `Forks.program` writes.
"""

import atexit
import contextlib
import faulthandler
import gc
import importlib
import json
import os
import pkgutil
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from prompteval.isolate.exit_guard import exit_now
from tests.loopback import only_loopback

MEMORY = 4 << 30
STAND_S = 5.0
# Set while the tests measure which lines run: then forks measure theirs too.
MEASURE = "PROMPTEVAL_TESTS_MEASURE_LINES"
CLIENT = Path(__file__).with_name("fork_client.py")
_MEASURED: list[Any] = []
# `python -m prompteval` goes through the program's own door, where code of a workspace may not end the process.
Program = Literal["prompteval", "python -m prompteval", "pytest"]


@dataclass(frozen=True)
class Done:
    """How a command line ended. `code` is None where the deadline killed it; `stderr` then says where it stood.

    `cpu_s` is of it and of the processes it waited for, `peak_mb` the memory of the largest of them.
    """

    code: int | None
    stdout: str
    stderr: str
    seconds: float
    peak_mb: float
    cpu_s: float


class Forks:
    """Runs command lines in forks, one at a time. The environment is the caller's, and what each is given."""

    def __init__(self) -> None:
        self.count = 0
        self._directory = tempfile.TemporaryDirectory(prefix="forks-")
        self._socket = f"{self._directory.name}/socket"
        command = [sys.executable, "-m", "tests.forks", self._socket]
        root = Path(__file__).parents[1]
        self._process = subprocess.Popen(
            command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(
        self,
        cwd: Path,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        deadline_s: float = 60.0,
        memory: int | None = MEMORY,
        program: Program = "prompteval",
    ) -> Done:
        """`PROGRAM ARGUMENTS` in `cwd`; `env` is added to the environment of this moment."""
        assert self._process.stdin is not None and self._process.stdout is not None
        request = {
            "cwd": str(cwd), "arguments": arguments, "env": {**os.environ, **(env or {})},
            "deadline_s": deadline_s, "memory": memory, "program": program,
        }  # fmt: skip
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        self.count += 1
        return Done(**json.loads(self._process.stdout.readline()))

    def program(self, path: Path) -> None:
        """Writes a `prompteval` for shell scripts: a fork behind the streams, directory and environment of its caller."""
        words = " ".join(f"'{word}'" for word in self.command("prompteval"))
        path.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        path.chmod(0o755)

    def command(self, program: Program = "python -m prompteval") -> list[str]:
        """What to run as a process for the same: one that stands for the fork, and passes signals on to it."""
        return [sys.executable, "-I", "-S", str(CLIENT), self._socket, program]

    def close(self) -> None:
        """End the process, which keeps nothing between command lines."""
        try:
            self._process.communicate(timeout=10)
        except subprocess.TimeoutExpired:  # a machine that does much else
            self._process.kill()
            self._process.communicate()
        self._directory.cleanup()


@cache
def shared() -> Forks:
    """The one of this session."""
    made = Forks()
    atexit.register(made.close)
    return made


def main() -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen()
    measure_lines()
    load()
    for made in _MEASURED:
        made.save()
    only_loopback()
    faulthandler.enable(all_threads=True)
    while True:
        ready = select.select([sys.stdin, listener], [], [])[0]
        if listener in ready:
            hand_over(listener.accept()[0], listener)
        # A request is sent when the last one was answered, so that none waits in a buffer.
        if sys.stdin in ready:
            line = sys.stdin.readline()
            if not line:
                return
            sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
            sys.stdout.flush()


def hand_over(connection: socket.socket, listener: socket.socket) -> None:
    """Serves a program of `Forks.program` in a process of its own, which lives as long as the command line."""
    if os.fork():
        connection.close()
        return
    try:
        listener.close()
        serve(connection)
    finally:
        os._exit(0)


def serve(connection: socket.socket) -> None:
    data, streams, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    while not data.endswith(b"\n"):
        data += connection.recv(1 << 20)
    child = os.fork()
    if child == 0:
        connection.close()
        become({"memory": None, **json.loads(data)}, *streams)
    for stream in streams:
        os.close(stream)
    handle = os.pidfd_open(child)
    while connection in select.select([handle, connection], [], [])[0]:
        numbers = connection.recv(16)
        if not numbers:
            kill_group(child)  # its caller is gone
            break
        for number in numbers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, number)
    code = os.waitstatus_to_exitcode(os.wait4(child, 0)[1])
    kill_group(child)
    connection.sendall(b"%d" % (code if code >= 0 else 128 - code))


def load() -> None:
    """Imports what every fork would import for itself."""
    from _pytest.config import default_plugins

    import prompteval

    for found in pkgutil.walk_packages(prompteval.__path__, "prompteval."):
        if not found.name.startswith(("prompteval.testing", "prompteval.__main__", "prompteval.isolate")):
            importlib.import_module(found.name)
    more = (
        "aiohttp",
        "numpy",
        "openai",
        "rich.console",
        "rich.rule",
        "rich.table",
        "rs_bpe.bpe",
        "scipy.stats",
        "typer._adapters",
    )
    for name in (*more, "pytest", *(f"_pytest.{name}" for name in default_plugins)):
        importlib.import_module(name)
    importlib.import_module("prompteval.cli.app").command()
    gc.freeze()  # a collection in a fork would copy every page


def measure_lines() -> None:
    """Note the lines that run in this process, and in its forks from now on, where the tests are measured."""
    if MEASURE in os.environ:
        from coverage import Coverage

        root = Path(__file__).parents[1]
        # `source` would list every file of the package in each fork.
        made = Coverage(f"{root}/.coverage", data_suffix=True, config_file=False, include=[f"{root}/src/*"])
        made.set_option("run:disable_warnings", ["no-data-collected"])
        made.start()
        _MEASURED.append(made)


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        child = os.fork()
        if child == 0:
            become(request, os.open(os.devnull, os.O_RDONLY), out.fileno(), err.fileno())
        code, used = wait(child, request["deadline_s"])
        seconds = time.perf_counter() - started
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "backslashreplace"))
    told = {"code": code, "stdout": texts[0], "stderr": texts[1], "seconds": seconds}
    return {**told, "peak_mb": used.ru_maxrss / 1024, "cpu_s": used.ru_utime + used.ru_stime}


def wait(child: int, deadline_s: float) -> tuple[int | None, resource.struct_rusage]:
    """(exit code, what it used) of a child; its whole group is killed when it is late."""
    handle = os.pidfd_open(child)
    ended = bool(select.select([handle], [], [], deadline_s)[0])
    if not ended:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGABRT)  # its threads write where they stand
            select.select([handle], [], [], STAND_S)
        kill_group(child)
    os.close(handle)
    _, status, used = os.wait4(child, 0)
    kill_group(child)  # workers that outlive it
    return (os.waitstatus_to_exitcode(status) if ended else None), used


def kill_group(child: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)


def become(request: Mapping[str, Any], *streams: int) -> None:
    """The child: one command line behind three streams, as a process of its own would run it."""
    code = 1
    try:
        os.setsid()
        for number, given in enumerate(streams):
            os.dup2(given, number)
            os.close(given)
        if request["memory"] is not None:
            resource.setrlimit(resource.RLIMIT_AS, (request["memory"], request["memory"]))
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        sys.path[:0] = (
            os.environ.get("PYTHONPATH", "").split(os.pathsep) if "PYTHONPATH" in os.environ else []
        )
        tempfile.tempdir = None  # so that TMPDIR counts
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
        code = command(request["program"], request["arguments"])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        for made in _MEASURED:
            made.stop()
            made.save()
        exit_now(code)


def command(program: Program, arguments: Sequence[str]) -> int:
    """The exit code of a command line; an exception is printed and is 1, as Python does it."""
    from prompteval import __main__
    from prompteval.cli.app import run

    sys.argv = [program, *arguments]
    try:
        if program == "python -m prompteval":
            return __main__.main()
        if program == "pytest":
            import pytest

            for name in [name for name in sys.modules if name.startswith("prompteval.testing")]:
                del sys.modules[name]  # pytest rewrites the assertions of a plugin as it imports it
            return int(pytest.main(list(arguments)))
        run(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    return 1


if __name__ == "__main__":
    main()
