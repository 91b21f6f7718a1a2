"""The hashes a stored run is read back against: one a row with its scores, one a record, one for all.

They find what a disk, a tool or a hand changed. They are not a signature: who rewrites a run and its
hashes has written another run.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from prompteval.core.fingerprint import ALGORITHM, canonical_json, fingerprint
from prompteval.store.results_schema import UNHASHED

KEY = "run_id, suite, target, model, case_id, replicate"
FACTS = "fingerprint, outcome, latency_ms, confidence"
RECORD = "run_id, started, finished, verdict, exit_code, manifest, summary, contents"
_ROWS = (
    f"SELECT {KEY}, {FACTS}, case_json, observation, scores, hash"
    f" FROM scores LEFT JOIN rows USING ({KEY}) WHERE run_id = ? ORDER BY {KEY}"
)
_ATTEMPTS = (
    "SELECT number, suite, target, model, case_id, replicate, key, started, outcome, ms, billed,"
    " prompt_tokens, completion_tokens FROM attempts WHERE run_id = ? ORDER BY number"
)


class Changed(Exception):
    """What was read is not what was written; says where."""


def row_hash(key_and_facts: Sequence[object], case: str, observation: str, scores: str) -> str:
    """The hash of a row and its scores: of its short fields as canonical JSON, then of its texts.

    The texts are JSON on one line each. Their lengths stand before them, so that none can take from
    its neighbour.
    """
    head = canonical_json([*key_and_facts, len(case), len(observation), len(scores)])
    digest = hashlib.sha256(head.encode())
    for text in (case, observation, scores):  # not joined: one may have megabytes
        digest.update(b"\n")
        digest.update(text.encode())
    return f"{ALGORITHM}:{digest.hexdigest()}"


def record_hash(fields: Sequence[object]) -> str:
    """The hash of a run's own record: its fields as in RECORD."""
    return fingerprint(list(fields))


def contents_hash(connection: sqlite3.Connection, run_id: str) -> str:
    """The hash of everything a run holds: the hashes of its rows, and its attempts, in their order."""
    digest = hashlib.sha256()
    for line in _contents(connection, run_id):
        digest.update(line.encode() + b"\n")
    return f"{ALGORITHM}:{digest.hexdigest()}"


def _contents(connection: sqlite3.Connection, run_id: str) -> Iterator[str]:
    """A line for each row with scores, each attempt, and the number of rows in the other table."""
    for (mark,) in connection.execute(f"SELECT hash FROM scores WHERE run_id = ? ORDER BY {KEY}", (run_id,)):
        yield str(mark)
    for attempt in connection.execute(_ATTEMPTS, (run_id,)):
        yield canonical_json(list(attempt))
    count = connection.execute("SELECT count(*) FROM rows WHERE run_id = ?", (run_id,)).fetchone()[0]
    yield str(count)


def check_run(connection: sqlite3.Connection, run_id: str) -> bool:
    """Raise Changed, or an error of SQLite, where a stored run is not what was stored.

    A run that has not ended may have rows added; each of those it has is checked. False for one from
    before hashes, of which nothing is known.
    """
    sql = f"SELECT {RECORD}, hash FROM runs WHERE run_id = ?"
    found = connection.execute(sql, (run_id,)).fetchone()
    if found is None:
        raise Changed("its record is missing")
    *record, expected = found
    if expected != UNHASHED:
        check_record(record, expected)
    for *facts, case, observation, scores, mark in connection.execute(_ROWS, (run_id,)):
        if mark is None and expected == UNHASHED:
            continue
        if not _same(mark, partial(row_hash, facts, case, observation, scores)):
            raise Changed(f"the row of case {str(facts[4])[:60]!r} does not match its hash")
    contents = record[-1]
    if contents is not None and not _same(contents, partial(contents_hash, connection, run_id)):
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
