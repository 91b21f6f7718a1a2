"""Paths of a command line, looked at before any work, and without opening anything."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from prompteval.core.errors import NoWorkspace, UsageError
from prompteval.workspace.safe_paths import bounds_of, file_to_write
from prompteval.workspace.settings import Workspace, find_workspace
from prompteval.workspace.sources import why_source


@contextmanager
def staying() -> Iterator[None]:
    """Code of the workspace may change the directory; paths of the command line stay where they were."""
    before = Path.cwd()
    try:
        yield
    finally:
        os.chdir(before)


def check_file(title: str, path: Path) -> None:
    """Raises UsageError for what is there and no file: a pipe waits, and a device has no end."""
    mode = _mode(title, path)
    if mode is not None:
        _regular(title, path, mode)


def check_place(option: str, path: Path, suites: Sequence[str] = (), models: Sequence[str] = ()) -> None:
    """Raises UsageError where no file can be written, or a link leads out of the workspace.

    And where it is a file that runs read, with those that `suites` and `models` of the command line name.
    """
    if not path.name:
        raise UsageError(f"{option} {str(path)!r} is not a file name")
    mode = _mode(option, path.parent)
    if mode is None or not stat.S_ISDIR(mode):
        wrong = "is not a directory" if mode else "does not exist"
        raise UsageError(f"{option} {path}: {path.parent} {wrong}", "create the directory first")
    mode = _mode(option, path)
    if mode is not None:  # to write to a pipe waits for a reader, and a device would be replaced
        _regular(option, path, mode)
    if not os.access(path.parent if mode is None else path, os.W_OK):
        raise UsageError(f"{option} {path}: it cannot be written", "choose another place")
    file_to_write(path, bounds(path))
    workspace = _workspace(Path.cwd())
    why = why_source(workspace, path, suites, models) if workspace is not None else ""
    if why:
        raise UsageError(f"{option} {path}: {why}, and it would be overwritten", "choose another place")


def bounds(path: Path) -> Path | None:
    """What a file to write may not lead out of by a link: the workspace at hand, where it is in it."""
    workspace = _workspace(Path.cwd())
    return None if workspace is None else bounds_of(workspace.root, path)


@cache  # as it was when the command line began
def _workspace(directory: Path) -> Workspace | None:
    try:
        return find_workspace(directory)
    except NoWorkspace:  # a verb that needs one has said so
        return None


def _mode(title: str, path: Path) -> int | None:
    """What stands there; None where nothing does."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{title} {path}: {error.strerror}") from None
    except ValueError:  # a NUL, or half a surrogate pair
        raise UsageError(f"{title} {str(path)!r} cannot be a path") from None


def _regular(title: str, path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = "it is a directory" if stat.S_ISDIR(mode) else "it is not a regular file"
        raise UsageError(f"{title} {path}: {kind}", "name a file")
