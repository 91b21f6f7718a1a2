"""The log as a file of JSON lines, rotated by size and by day."""

import fcntl
import os
import re
import stat
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from prompteval.core.errors import UsageError
from prompteval.core.prediction_sink import LogLine

# A file that is larger, or that began on an earlier day (UTC), is set aside under its name and the time.
ROTATED_BYTES: Final = 100_000_000
_STAMP: Final = "%Y%m%dT%H%M%S.%fZ"
# How the first line of a log begins, also one that was cut by a lost machine.
_BEGINNINGS: Final = (b'{"schema"', b'{"feedback"')
_FLAGS: Final = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class JsonLinesSink:
    """Appends lines to one file, which is its owner's alone and no other process's while it is open.

    A group of lines is one write, so that a killed process loses no line that was written, and a failed
    write leaves no half of a line. A file that another program moved, removed or emptied is followed by one
    of the same name. Raises UsageError where the file cannot be written.
    """

    def __init__(self, path: Path, rotate_bytes: int = ROTATED_BYTES) -> None:
        self.path = path
        self._rotate_bytes = rotate_bytes
        self._file = self._open()
        self._size = os.fstat(self._file).st_size
        self._day = _day(os.fstat(self._file).st_mtime if self._size else time.time())

    def write(self, lines: Sequence[LogLine]) -> None:
        data = "".join([line.text + "\n" for line in lines]).encode("ascii")
        self._follow()
        if self._size and (self._size + len(data) > self._rotate_bytes or self._day != _day(time.time())):
            self._rotate()
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._file, view) :]
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)

    def remove_before(self, time: float) -> None:
        """Files that were set aside, and in which the last line is older."""
        pattern = re.compile(re.escape(self.path.name) + r"\.\d{8}T\d{6}\.\d{6}Z")
        for other in self.path.parent.iterdir():
            if pattern.fullmatch(other.name) and not other.is_symlink() and other.stat().st_mtime < time:
                other.unlink(missing_ok=True)

    def close(self) -> None:
        file, self._file = self._file, -1
        if file >= 0:
            with suppress(OSError):
                os.fsync(file)
            os.close(file)

    def _follow(self) -> None:
        """Open the file again where its name is of another one, or of none."""
        try:
            known = os.fstat(self._file)
            moved = not os.path.samestat(known, os.lstat(self.path))
        except FileNotFoundError:
            moved = True
        if moved:
            file = self._open()
            self.close()
            self._file = file
        self._size = os.fstat(self._file).st_size

    def _rotate(self) -> None:
        stamp = datetime.now(UTC).strftime(_STAMP)
        self.path.rename(self.path.with_name(f"{self.path.name}.{stamp}"))
        self.close()
        self._file = self._open()
        self._size, self._day = 0, _day(time.time())

    def _open(self) -> int:
        try:
            file = os.open(self.path, _FLAGS, 0o600)
        except OSError as error:
            raise UsageError(f"{self.path}: {error.strerror}", "choose another file for the log") from None
        try:
            self._take(file)
        except BaseException:
            os.close(file)
            raise
        return file

    def _take(self, file: int) -> None:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            raise UsageError(f"{self.path} is not a regular file", "choose another file for the log")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"another process writes to {self.path}", "choose another file for the log"
            ) from None
        if stat.S_IMODE(found.st_mode) & 0o077:
            os.fchmod(file, 0o600)
        if found.st_size and not os.pread(file, 12, 0).startswith(_BEGINNINGS):
            raise UsageError(f"{self.path} is not a prediction log", "choose another file for the log")
        # What a full disk or a lost machine left of a line: it is a line of its own, and no record.
        if found.st_size and os.pread(file, 1, found.st_size - 1) != b"\n":
            os.write(file, b"\n")


def _day(seconds: float) -> int:
    return int(seconds // 86_400)
