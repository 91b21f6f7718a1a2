"""The journal of attempts: a file of a run's own, written before and after every call.

Each line is one write at the end of the file, so that a killed process loses none of them. When
the run ends, or continues after a crash, the lines become rows of the results database.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prompteval.core.errors import RunInUse, StoreError, UsageError
from prompteval.core.json_encoder import json_encoder
from prompteval.core.notice import notice
from prompteval.core.request import Usage
from prompteval.core.response_json import is_number
from prompteval.core.strict_json import loads
from prompteval.core.text import counted
from prompteval.store.run_files import run_path
from prompteval.workspace.writing import make_private

CaseKey = tuple[str, str, str, str, int]
NO_CASE: CaseKey = ("", "", "", "", 0)
# (number, suite, target, model, case id, replicate, key, started, outcome, ms, billed, prompt, completion)
Attempt = tuple[Any, ...]
# A pipe in place of the file is refused at once, instead of waited for.
_FLAGS = os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_dumps = json_encoder()


def journal_path(directory: Path, run_id: str) -> Path:
    """Where the journal of a run lies while it runs. Raises StoreError as `run_path` does."""
    return run_path(directory, run_id, "attempts-", ".jsonl")


class AttemptJournal:
    """The open journal of a run. Only one process at a time may hold it.

    Raises UsageError when another process runs the same run, StoreError when nothing can be
    written. `began` and `ended` count this process's own attempts.
    """

    def __init__(self, directory: Path, run_id: str, first: int = 0) -> None:
        self.path = journal_path(directory, run_id)
        self._next = first
        self.began = self.ended = 0
        if self.path.is_symlink():
            raise StoreError(str(self.path), "is a symbolic link, and is not followed; remove it")
        self._file = _opened_alone(self.path, run_id)

    def begin(self, case: CaseKey | None, key: str) -> int:
        """Note that an attempt is about to start; the number that names it."""
        number, self._next = self._next, self._next + 1
        self._write(_dumps([number, case or NO_CASE, key, round(time.time(), 3)]))
        self.began += 1
        return number

    def end(self, attempt: int, outcome: str, ms: float, *, billed: bool, usage: Usage | None) -> None:
        """Note how an attempt ended: `ok`, `cancelled`, or the kind of its error."""
        prompt = usage.prompt_tokens if usage is not None else None
        completion = usage.completion_tokens if usage is not None else None
        self._write(_dumps([attempt, outcome, round(ms, 3), int(billed), prompt, completion]))
        self.ended += 1

    def _write(self, line: str) -> None:
        data = line.encode("ascii") + b"\n"
        try:
            written = os.write(self._file, data)
        except OSError as error:
            raise StoreError(str(self.path), f"could not be written: {error.strerror}") from error
        if written != len(data):
            raise StoreError(str(self.path), "could not be written: the disk is full")

    def restart(self, first: int) -> None:
        """Empty the file, whose lines are in the database, and count on from `first`."""
        os.ftruncate(self._file, 0)
        self._next = first

    @property
    def is_closed(self) -> bool:
        """Whether the file was released."""
        return self._file < 0

    def close(self, *, remove: bool) -> None:
        """Release the file; `remove` it when its lines are in the database. Safe to call twice."""
        if self._file < 0:
            return
        if remove:
            self.path.unlink(missing_ok=True)
        os.close(self._file)
        self._file = -1


def _opened_alone(path: Path, run_id: str) -> int:
    """A descriptor of the file, locked for this process.

    Between opening and locking, the process that held the file may have ended its run and removed the
    file: what is locked then has no name any more, and the next try makes another.
    """
    while True:
        try:
            file = os.open(path, _FLAGS, 0o600)
        except OSError as error:
            raise StoreError(str(path), f"cannot be written: {error.strerror}") from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            raise RunInUse(f"run {run_id} is being run by another process", "wait for it to end") from None
        try:
            if os.path.samestat(os.fstat(file), os.lstat(path)):
                make_private(path)
                return file
        except FileNotFoundError:
            pass
        os.close(file)


@contextmanager
def unheld_journal(directory: Path, run_id: str) -> Iterator[Path]:
    """The journal that a run left, held so that no process can continue it; it need not be there.

    Raises UsageError when a process holds it.
    """
    path = journal_path(directory, run_id)
    if not path.exists():
        yield path
        return
    file = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield path
    except BlockingIOError:
        raise UsageError(f"run {run_id} is being run", "wait for it to end, or stop it") from None
    finally:
        os.close(file)


def read_attempts(path: Path) -> Iterator[Attempt]:
    """The attempts of a journal. One whose end was not noted has no outcome, and is possibly billed.

    A last line that was cut is one whose writing failed; it is skipped. Any other line that is no
    line of ours is skipped with a notice.
    """
    if not path.exists():
        return
    begun: dict[int, _Begun] = {}
    damaged: list[int] = []
    with path.open("rb") as file:
        for place, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                break
            found = _entry(line)
            if isinstance(found, _Begun):
                begun[found.number] = found
            elif found is not None and found.number in begun:
                yield (*begun.pop(found.number).values, *found.values)
            else:
                damaged.append(place)
    for left in begun.values():
        yield (*left.values, None, None, 1, None, None)
    if damaged:
        notice(
            f"{path}:{damaged[0]}: {counted(len(damaged), 'line')} of the journal of attempts cannot be read;"
            " those attempts are not counted"
        )


@dataclass(frozen=True, slots=True)
class _Begun:
    """The line of an attempt that began, as the row begins."""

    number: int
    values: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Ended:
    """The line of an attempt that ended, as the row ends."""

    number: int
    values: tuple[object, ...]


def _entry(line: bytes) -> _Begun | _Ended | None:
    """What a line says; None for one that no journal writes."""
    try:
        fields = loads(line)
    except ValueError:
        return None
    if not isinstance(fields, list) or not fields or not _is_count(fields[0]):
        return None
    if len(fields) == 4:
        number, case, key, started = fields
        sound = isinstance(case, list) and len(case) == 5 and _is_count(case[4]) and is_number(started)
        if sound and all(_is_text(text) for text in (*case[:4], key)):
            return _Begun(number, (number, *case, key, started))
    if len(fields) == 6:
        number, outcome, ms, billed, prompt, completion = fields
        tokens = all(count is None or _is_count(count) for count in (prompt, completion))
        if _is_text(outcome) and is_number(ms) and billed in (0, 1) and tokens:
            return _Ended(number, (outcome, ms, int(billed), prompt, completion))
    return None


def _is_text(value: object) -> bool:
    """A text that the database can hold, without halves of characters."""
    return isinstance(value, str) and value.encode("utf-8", "ignore").decode() == value


def _is_count(value: object) -> bool:
    """A whole number that the database can hold."""
    return type(value) is int and 0 <= value < 2**63
