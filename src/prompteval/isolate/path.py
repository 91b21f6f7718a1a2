"""Where modules of our own may come from: never the directory the user happens to be in."""

import json
import os
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

SOURCE = str(Path(__file__).resolve().parents[2])  # the directory that holds the package
_INSTALLED = frozenset({"site-packages", "dist-packages"})
# -I keeps the current directory, PYTHON* variables and the user's own start-up files out.
_CHILD = """
import json, sys
from importlib import import_module
own = json.loads(sys.argv.pop(1))
sys.path[:] = [*own, *(entry for entry in sys.path if entry not in own)]
import_module(sys.argv.pop(1)).main()
"""


def leave_current_directory() -> None:
    """Take the current directory off `sys.path`: `python -m prompteval` puts it first."""
    here = _real(".")
    sys.path[:] = [entry for entry in sys.path if _real(entry or ".") != here or _is_installed(entry)]


@contextmanager
def without_current_directory() -> Iterator[None]:
    """Inside the block the current directory is not on `sys.path`; after it the path is as before."""
    before = list(sys.path)
    leave_current_directory()
    try:
        yield
    finally:
        sys.path[:] = before


def child_command(module: str, *arguments: str) -> list[str]:
    """The command of a process that runs `main` of a module, and sees `arguments` alone in `sys.argv`."""
    path = json.dumps(worker_path(sys.path))
    return [sys.executable, "-I", "-B", "-c", _CHILD, path, module, *arguments]


def worker_path(path: Sequence[str]) -> list[str]:
    """The entries of `path` that a worker process may import from, in their order.

    The package's own directory is always among them; of the current directory and what is in it only
    what pip installed there.
    """
    return list(dict.fromkeys([*_kept(path), SOURCE]))


def _kept(path: Sequence[str]) -> Iterator[str]:
    here = _real(".")
    for entry in path:
        if not Path(entry).is_absolute():
            continue
        place = _real(entry)
        outside = place != here and not place.startswith(here.rstrip(os.sep) + os.sep)
        if outside or place == SOURCE or _is_installed(entry):
            yield entry


def _is_installed(entry: str) -> bool:
    """Whether an entry is the standard library or a directory that pip installs to."""
    standard = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    return entry in standard or not _INSTALLED.isdisjoint(Path(entry).parts)


def _real(entry: str) -> str:
    try:
        return os.path.realpath(entry)
    except OSError:  # the current directory is gone
        return ""
