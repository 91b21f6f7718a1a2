"""The tables of the results database, version by version."""

import sqlite3

from prompteval.store.schema import Migration

# The hash of a run that was stored before runs had hashes: its content cannot be checked.
UNHASHED = "none"
HASHED_VERSION = 3
NAMED_VERSION = 4


def _first_tables(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TABLE runs (run_id TEXT PRIMARY KEY, started TEXT NOT NULL, finished TEXT,"
        " verdict TEXT, exit_code INTEGER, manifest TEXT NOT NULL, summary TEXT)"
    )
    connection.execute(
        "CREATE TABLE rows (run_id TEXT NOT NULL, suite TEXT NOT NULL, target TEXT NOT NULL,"
        " model TEXT NOT NULL, case_id TEXT NOT NULL, replicate INTEGER NOT NULL, fingerprint TEXT NOT NULL,"
        " outcome TEXT NOT NULL, latency_ms REAL NOT NULL, confidence REAL, case_json TEXT NOT NULL,"
        " observation TEXT NOT NULL, PRIMARY KEY (run_id, suite, target, model, case_id, replicate))"
        " WITHOUT ROWID"
    )
    connection.execute(
        "CREATE TABLE scores (run_id TEXT NOT NULL, suite TEXT NOT NULL, target TEXT NOT NULL,"
        " model TEXT NOT NULL, case_id TEXT NOT NULL, replicate INTEGER NOT NULL, scores TEXT NOT NULL,"
        " PRIMARY KEY (run_id, suite, target, model, case_id, replicate)) WITHOUT ROWID"
    )


def _attempts_table(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TABLE attempts (run_id TEXT NOT NULL, number INTEGER NOT NULL, suite TEXT NOT NULL,"
        " target TEXT NOT NULL, model TEXT NOT NULL, case_id TEXT NOT NULL, replicate INTEGER NOT NULL,"
        " key TEXT NOT NULL, started REAL NOT NULL, outcome TEXT, ms REAL, billed INTEGER NOT NULL,"
        " prompt_tokens INTEGER, completion_tokens INTEGER, PRIMARY KEY (run_id, number)) WITHOUT ROWID"
    )


def _hashes_and_order(connection: sqlite3.Connection) -> None:
    """Runs are numbered in the order they began, regardless of the clock; what they hold has hashes.

    `contents` is the hash of all that a run holds once it has ended. The hash of a row and its scores
    stands beside the scores, whose table is narrow, so that those of a run are read fast.
    """
    connection.execute("ALTER TABLE runs RENAME TO runs_by_id")
    connection.execute(
        "CREATE TABLE runs (number INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, started TEXT NOT NULL,"
        " finished TEXT, verdict TEXT, exit_code INTEGER, manifest TEXT NOT NULL, summary TEXT,"
        " contents TEXT, hash TEXT NOT NULL)"
    )
    connection.execute(
        "INSERT INTO runs SELECT rowid, run_id, started, finished, verdict, exit_code, manifest, summary,"
        f" NULL, '{UNHASHED}' FROM runs_by_id ORDER BY rowid"
    )
    connection.execute("DROP TABLE runs_by_id")
    connection.execute("ALTER TABLE scores ADD COLUMN hash TEXT")


def _names(connection: sqlite3.Connection) -> None:
    """Names that runs are called by, each one run's."""
    connection.execute("CREATE TABLE names (name TEXT PRIMARY KEY, run_id TEXT NOT NULL) WITHOUT ROWID")


# Append only: a step that has been released is never edited.
MIGRATIONS: tuple[Migration, ...] = (_first_tables, _attempts_table, _hashes_and_order, _names)
