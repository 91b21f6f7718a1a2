"""Paths that stay inside the workspace, links followed, and are files that can be read or written."""

import os
import stat
from pathlib import Path

from prompteval.core.errors import UsageError

# What prompteval itself keeps: results, cache, journals. Never content.
STATE_DIR = ".prompteval"


class OutsideWorkspace(ValueError):
    """A path that leads out of the workspace, by itself or through a link."""

    def __init__(self) -> None:
        super().__init__("leads out of the workspace")


def resolve_inside(root: Path, path: Path | str) -> Path:
    """The place of a path that starts at the resolved `root`, links followed.

    Raises OutsideWorkspace for one that is not below the root, ValueError for one that cannot be a path.
    """
    try:
        place = (root / path).resolve()
    except (OSError, RuntimeError):  # RuntimeError is pathlib's word for a loop
        raise ValueError("its symbolic link is part of a loop, or its name is too long") from None
    except UnicodeError:
        raise ValueError("a path cannot contain half a surrogate pair") from None
    except ValueError:
        raise ValueError("a path cannot contain NUL") from None
    if place != root and root not in place.parents:
        raise OutsideWorkspace
    return place


def place_to_write(path: Path, within: Path | None) -> Path:
    """Where something would be written: below `within`, links followed; anywhere for None.

    Raises UsageError for a path that leads out of it, or is not a path.
    """
    try:
        return path.resolve() if within is None else resolve_inside(within.resolve(), path)
    except OutsideWorkspace:
        message = f"{path} leads out of {within}, and nothing is written there"
        raise UsageError(message, "remove the symbolic link") from None
    except (ValueError, OSError, RuntimeError) as error:  # RuntimeError is pathlib's word for a loop
        raise UsageError(f"{path}: {error}") from None


def file_to_write(path: Path, within: Path | None) -> Path:
    """As `place_to_write`, for a file: what is there already is one, and no device, pipe or directory."""
    place = place_to_write(path, within)
    if place.exists() and not place.is_file():
        raise UsageError(f"{path} is not a regular file", "name another")
    return place


def check_regular(path: Path) -> None:
    """Raise UsageError for what is there and no file: a pipe would be waited for without end."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):  # what reads it says so
        return
    if not stat.S_ISREG(mode):
        kind = "is a directory" if stat.S_ISDIR(mode) else "is not a regular file"
        raise UsageError(f"{path} {kind}", "name a file")


def shown_place(path: Path) -> str:
    """A path as a message names it: from the current directory, where it is inside of it."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)


def bounds_of(root: Path, path: Path) -> Path | None:
    """What a path of the command line may not lead out of: the workspace, where it starts inside it.

    So a file elsewhere is the user's own affair, and a link in the workspace leads nowhere else.
    """
    start = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow the link
    return root if root == start or root in start.parents else None


def directory_in_repository(root: Path) -> str:
    """Where a workspace lies below its repository's root, or CI's checkout; empty where it is the root."""
    here = root.resolve()
    top = next((place for place in (here, *here.parents) if (place / ".git").exists()), None)
    checkout = os.environ.get("GITHUB_WORKSPACE")
    if top is None and checkout and Path(checkout).resolve() in here.parents:
        top = Path(checkout).resolve()
    found = here.relative_to(top).as_posix() if top is not None else ""
    return "" if found == "." else found
