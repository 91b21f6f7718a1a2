"""The hashes a stored run is read back against: one a row with its scores, one a record, one for all.

They find what a disk, a tool or a hand changed. They are not a signature: who rewrites a run and its
hashes has written another run.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol, TypeAlias

from prompteval.core.fingerprint import ALGORITHM, canonical_json, fingerprint, fingerprint_bytes
from prompteval.store.results_schema import UNHASHED

# The columns of a record as a database gives them.
Columns: TypeAlias = tuple[Any, ...]
KEY = "run_id, suite, target, model, case_id, replicate"
FACTS = "fingerprint, outcome, latency_ms, confidence"
# Longer texts are hashed one after another, and not copied into one.
_SHORT_TEXTS = 65_536
RECORD = "run_id, started, finished, verdict, exit_code, manifest, summary, contents"


class RunContents(Protocol):
    """All that is stored of a run, as it is stored, and as of one moment."""

    def record(self) -> Columns | None:
        """Its fields as in RECORD, and their hash; None where it has no record."""
        ...

    def hashed_rows(self) -> Iterator[Columns]:
        """KEY, FACTS, case, observation, scores and hash of each row, by key."""
        ...

    def row_hashes(self) -> Iterator[str]:
        """The hashes of its rows, by key."""
        ...

    def attempts(self) -> Iterator[Columns]:
        """Its attempts, in the order they began."""
        ...

    def row_count(self) -> int: ...


class Changed(Exception):
    """What was read is not what was written; says where."""


def row_hash(key_and_facts: Sequence[object], case: str, observation: str, scores: str) -> str:
    """The hash of a row and its scores: of its short fields as canonical JSON, then of its texts.

    The texts are JSON on one line each. Their lengths stand before them, so that none can take from
    its neighbour.
    """
    sizes = len(case), len(observation), len(scores)
    head = canonical_json([*key_and_facts, *sizes])
    if sum(sizes) <= _SHORT_TEXTS:
        return fingerprint_bytes("\n".join((head, case, observation, scores)).encode())
    digest = hashlib.sha256(head.encode())
    for text in (case, observation, scores):
        digest.update(b"\n")
        digest.update(text.encode())
    return f"{ALGORITHM}:{digest.hexdigest()}"


def record_hash(fields: Sequence[object]) -> str:
    """The hash of a run's own record: its fields as in RECORD."""
    return fingerprint(list(fields))


def contents_hash(contents: RunContents) -> str:
    """The hash of everything a run holds: the hashes of its rows, and its attempts, in their order."""
    digest = hashlib.sha256()
    for line in _lines(contents):
        digest.update(line.encode() + b"\n")
    return f"{ALGORITHM}:{digest.hexdigest()}"


def _lines(contents: RunContents) -> Iterator[str]:
    """A line for each row with scores, each attempt, and the number of rows."""
    for mark in contents.row_hashes():
        yield str(mark)
    for attempt in contents.attempts():
        yield canonical_json(list(attempt))
    yield str(contents.row_count())


def check_run(contents: RunContents) -> bool:
    """Raise Changed, or an error of the database, where a stored run is not what was stored.

    A run that has not ended may have rows added; each of those it has is checked. False for one from
    before hashes, of which nothing is known.
    """
    found = contents.record()
    if found is None:
        raise Changed("its record is missing")
    *record, expected = found
    if expected != UNHASHED:
        check_record(record, expected)
    for *facts, case, observation, scores, mark in contents.hashed_rows():
        if mark is None and expected == UNHASHED:
            continue
        if not _same(mark, partial(row_hash, facts, case, observation, scores)):
            raise Changed(f"the row of case {str(facts[4])[:60]!r} does not match its hash")
    if record[-1] is not None and not _same(record[-1], partial(contents_hash, contents)):
        raise Changed("rows or attempts were added or removed")
    return bool(expected != UNHASHED)


def check_record(record: Sequence[object], expected: object) -> None:
    """Raise Changed where a run's record does not match its hash."""
    if not _same(expected, partial(record_hash, record)):
        raise Changed("its record does not match its hash")


def _same(expected: object, made: Callable[[], str]) -> bool:
    """Whether a hash is the expected one; False too where a value is of a type that has none."""
    try:
        return bool(expected == made())
    except (TypeError, ValueError):
        return False
