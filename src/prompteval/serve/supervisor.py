"""Several workers on one address: forked, replaced when they die, stopped together."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from prompteval.core.errors import UsageError
from prompteval.serve.metrics import DIRECTORY_VARIABLE, forget_worker
from prompteval.serve.options import ServeOptions
from prompteval.serve.state import EventLog
from prompteval.serve.worker import SAME_SIGNAL_S, WorkerPlace, run_worker
from prompteval.workspace.settings import Workspace

_SIGNALS: Final = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD})
# A worker that dies is replaced at once, and one that dies young after this.
_PAUSE_S: Final = 1.0
_YOUNG_S: Final = 5.0
# Runs the worker in the child; the exit code of its process.
Child: TypeAlias = Callable[[Callable[[], int]], int]


def listen(options: ServeOptions) -> socket.socket:
    """The socket that clients connect to. Raises UsageError for an address that cannot be had."""
    try:
        family = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family[0], socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(family[4])
    except OSError as error:
        raise UsageError(f"--host {options.host} --port {options.port}: {error.strerror}") from None
    listener.set_inheritable(False)
    return listener


@dataclass(slots=True)
class Supervisor:
    """Keeps `options.workers` workers running until SIGTERM or SIGINT; SIGHUP goes to each of them."""

    workspace: Workspace
    options: ServeOptions
    listener: socket.socket
    event: EventLog
    child: Child
    _workers: dict[int, int] = field(default_factory=dict)  # process -> number
    _started: dict[int, float] = field(default_factory=dict)  # number -> when
    _due: dict[int, float] = field(default_factory=dict)  # number -> when to start again
    _stopping: bool = False
    _stopped: float = 0.0
    _code: int = 0

    def run(self, directory: Path) -> int:
        """The exit code. `directory` is where the workers count, their owner's alone."""
        os.environ[DIRECTORY_VARIABLE] = str(directory)
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            for number in range(1, self.options.workers + 1):
                self._start(number, warm_first=False)
            while self._workers or self._due:
                self._wait(directory)
        finally:
            self._signal(signal.SIGKILL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        return self._code

    def _wait(self, directory: Path) -> None:
        pause = max(0.0, min(self._due.values()) - time.monotonic()) if self._due else 3600.0
        found = signal.sigtimedwait(_SIGNALS, pause)
        number = 0 if found is None else found.si_signo
        if number in (signal.SIGTERM, signal.SIGINT):
            self._stop(number)
        elif number == signal.SIGHUP:
            self._signal(signal.SIGHUP)
        self._reap(directory)
        for due in [one for one, when in self._due.items() if when <= time.monotonic()]:
            del self._due[due]
            self._start(due, warm_first=True)

    def _stop(self, number: int) -> None:
        if self._stopping and time.monotonic() - self._stopped < SAME_SIGNAL_S:
            return
        self._stopped = time.monotonic()
        self._signal(signal.SIGKILL if self._stopping else signal.SIGTERM)
        self._stopping = True
        self._code = self._code or (130 if number == signal.SIGINT else 0)
        self._due.clear()

    def _reap(self, directory: Path) -> None:
        while self._workers:
            process, status = os.waitpid(-1, os.WNOHANG)
            if not process:
                return
            number = self._workers.pop(process, 0)
            forget_worker(directory, number)
            code = os.waitstatus_to_exitcode(status)
            if self._stopping or not number:
                continue
            if code == 2:  # what it is asked for can never work
                self._code = code
                self._stop(signal.SIGTERM)
                continue
            young = time.monotonic() - self._started[number] < _YOUNG_S
            self.event("worker_died", {"worker": number, "process": process, "code": code})
            self._due[number] = time.monotonic() + (_PAUSE_S if young else 0.0)

    def _start(self, number: int, *, warm_first: bool) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        supervisor = os.getpid()
        process = os.fork()
        if process:
            self._workers[process] = number
            self._started[number] = time.monotonic()
            return
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        code = 70
        try:
            place = WorkerPlace(number, self.options.workers, supervisor, warm_first)
            code = self.child(
                lambda: run_worker(self.workspace, self.options, self.listener, place, self.event)
            )
        finally:
            os._exit(code)

    def _signal(self, number: int) -> None:
        for process in self._workers:
            os.kill(process, number)
