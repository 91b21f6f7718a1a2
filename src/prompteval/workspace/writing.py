"""Writing a file: beside its target first, whole or not at all, and never through a link that leads out."""

import fcntl
import os
import random
import secrets
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from prompteval.core.errors import UsageError
from prompteval.workspace.safe_paths import file_to_write, place_to_write

# As long as any reader of a file takes to write it again, many times over.
WAIT_S = 30.0
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


@contextmanager
def replacing(path: Path, *, within: Path | None, private: bool = False) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` once the block has ended well; else `path` stays as it was.

    It is written under a name nobody can foresee. A private one is its owner's alone; another has the
    mode of the file it replaces. Raises UsageError where links lead out of `within` or to what is no
    regular file, OSError where it cannot be written.
    """
    place = file_to_write(path, within)
    part = place.with_name(f".{secrets.token_hex(8)}.part")
    number = os.open(part, _NEW, 0o600 if private else 0o666)
    try:
        with os.fdopen(number, "wb") as file:
            if not private and place.exists():
                os.fchmod(number, stat.S_IMODE(place.stat().st_mode))
            yield file
        part.replace(place)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_whole(
    path: Path, pieces: Iterable[bytes | memoryview], *, within: Path | None, private: bool = False
) -> None:
    """Write a file in one step. Raises as `replacing`."""
    with replacing(path, within=within, private=private) as file:
        for piece in pieces:
            file.write(piece)


def make_directory(path: Path, *, within: Path | None, private: bool = False) -> Path:
    """The directory, made where it is not there; a private one becomes its owner's alone.

    Raises UsageError where links lead out of `within`, OSError where it cannot be made.
    """
    place = place_to_write(path, within)
    place.mkdir(mode=0o700 if private else 0o777, parents=True, exist_ok=True)
    if private:
        make_private(place)
    return place


def make_private(place: Path) -> None:
    """Take the rights of others on a file or directory away, where it is ours; a link is left alone."""
    found = place.lstat().st_mode
    mode = stat.S_IMODE(found)
    if mode & 0o077 and not stat.S_ISLNK(found):
        with suppress(PermissionError):  # it belongs to somebody else
            place.chmod(mode & 0o700)


@contextmanager
def one_at_a_time(directory: Path) -> Iterator[None]:
    """One process or thread at a time reads and writes again what is in a directory.

    The system lets go of it when a process dies. Raises UsageError when others keep it for WAIT_S seconds,
    OSError where the directory cannot be opened.
    """
    number = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        until = time.monotonic() + WAIT_S
        while not _taken(number):
            if time.monotonic() > until:
                raise UsageError(
                    f"another process has been writing in {directory} for {WAIT_S:g} s", "try again"
                )
            time.sleep(random.uniform(0.001, 0.008))
        yield
    finally:
        os.close(number)


def _taken(number: int) -> bool:
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
