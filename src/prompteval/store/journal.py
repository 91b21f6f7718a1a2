"""The journal of attempts: a file of a run's own, written before and after every call.

Each line is one write at the end of the file, so that a killed process loses none of them. When
the run ends, or goes on after a crash, the lines become rows of the results database.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prompteval.core.errors import StoreError, UsageError
from prompteval.core.request import Usage

CaseKey = tuple[str, str, str, str, int]
NO_CASE: CaseKey = ("", "", "", "", 0)
# (number, suite, target, model, case id, replicate, key, started, outcome, ms, billed, prompt, completion)
Attempt = tuple[Any, ...]
_dumps = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


def journal_path(folder: Path, run_id: str) -> Path:
    """Where the journal of a run lies while it runs."""
    return folder / f"attempts-{run_id}.jsonl"


class AttemptJournal:
    """The open journal of a run. Only one process at a time may hold it.

    Raises UsageError when another process runs the same run, StoreError when nothing can be
    written. `began` and `ended` count this process's own attempts.
    """

    def __init__(self, folder: Path, run_id: str, first: int = 0) -> None:
        self.path = journal_path(folder, run_id)
        self._next = first
        self.began = self.ended = 0
        try:
            self._file = os.open(self.path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(str(self.path), f"cannot be written: {error.strerror}") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise UsageError(f"run {run_id} is being run by another process", "wait for it to end") from None

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

    def close(self, *, remove: bool) -> None:
        """Let go of the file; `remove` it when its lines are in the database. Safe to call twice."""
        if self._file < 0:
            return
        if remove:
            self.path.unlink(missing_ok=True)
        os.close(self._file)
        self._file = -1


def read_attempts(path: Path) -> Iterator[Attempt]:
    """The attempts of a journal. One whose end was not noted has no outcome, and is possibly billed.

    A last line that was cut is one whose writing failed; it is passed over.
    """
    if not path.exists():
        return
    begun: dict[int, list[Any]] = {}
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            fields = json.loads(line)
            if isinstance(fields[1], list):
                begun[fields[0]] = fields
            else:
                number, outcome, ms, billed, prompt, completion = fields
                _, case, key, started = begun.pop(number)
                yield (number, *case, key, started, outcome, ms, billed, prompt, completion)
    for number, case, key, started in begun.values():
        yield (number, *case, key, started, None, None, 1, None, None)
