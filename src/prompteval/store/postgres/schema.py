"""The tables in Postgres, version by version.

They lie in the first schema of the search_path, so that a team may have several: set it in the address by
`?options=-csearch_path%3Dteam_a`. Texts of keys compare by their bytes, as SQLite compares them.
"""

from collections.abc import Callable
from typing import Final

from prompteval.core.errors import NoResults, StoreError
from prompteval.store.postgres.session import Session
from prompteval.workspace.store_place import POSTGRES

Migration = Callable[[Session], None]
# Of processes that begin at once, one makes the tables.
_LOCK: Final = "SELECT pg_advisory_xact_lock(7382915002)"
_KEY: Final = 'TEXT COLLATE "C" NOT NULL'


def _first_tables(session: Session) -> None:
    """`settled` says that a row is final: what comes later under its key is not stored.

    `number` is the order in which runs began. Attempts are only added: that one ended is a row of its own.
    `writer` is the process that made an attempt, `beat` when the holder of a lease was last seen. `names` are
    what runs are called by, each one run's.
    """
    session.execute(
        f"CREATE TABLE prompteval_runs (number BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE, run_id {_KEY}"
        " PRIMARY KEY, started TEXT NOT NULL, finished TEXT, verdict TEXT, exit_code INTEGER,"
        " manifest TEXT NOT NULL, summary TEXT, contents TEXT, hash TEXT NOT NULL)"
    )
    session.execute(
        f"CREATE TABLE prompteval_rows (run_id {_KEY}, suite {_KEY}, target {_KEY}, model {_KEY},"
        f" case_id {_KEY}, replicate INTEGER NOT NULL, fingerprint TEXT NOT NULL, outcome TEXT NOT NULL,"
        " latency_ms DOUBLE PRECISION NOT NULL, confidence DOUBLE PRECISION, case_json TEXT NOT NULL,"
        " observation TEXT NOT NULL, scores TEXT NOT NULL, hash TEXT NOT NULL, settled BOOLEAN NOT NULL,"
        " PRIMARY KEY (run_id, suite, target, model, case_id, replicate))"
    )
    session.execute(
        f"CREATE TABLE prompteval_attempts (id BIGINT GENERATED ALWAYS AS IDENTITY, run_id {_KEY},"
        f" writer {_KEY}, number BIGINT NOT NULL, suite {_KEY}, target {_KEY}, model {_KEY}, case_id {_KEY},"
        " replicate INTEGER NOT NULL, key TEXT NOT NULL, started DOUBLE PRECISION NOT NULL,"
        " PRIMARY KEY (run_id, writer, number))"
    )
    session.execute("CREATE UNIQUE INDEX prompteval_attempts_order ON prompteval_attempts (run_id, id)")
    session.execute(
        f"CREATE TABLE prompteval_attempt_ends (run_id {_KEY}, writer {_KEY}, number BIGINT NOT NULL,"
        " outcome TEXT, ms DOUBLE PRECISION, billed INTEGER NOT NULL, prompt_tokens BIGINT,"
        " completion_tokens BIGINT, PRIMARY KEY (run_id, writer, number))"
    )
    session.execute(
        f"CREATE TABLE prompteval_leases (run_id {_KEY} PRIMARY KEY, holder TEXT NOT NULL,"
        " driver TEXT NOT NULL, beat TIMESTAMPTZ NOT NULL)"
    )
    session.execute(
        f"CREATE TABLE prompteval_replies (key {_KEY} PRIMARY KEY, request TEXT NOT NULL,"
        " response TEXT NOT NULL, hash TEXT NOT NULL, day INTEGER NOT NULL)"
    )
    session.execute(f"CREATE TABLE prompteval_names (name {_KEY} PRIMARY KEY, run_id {_KEY})")


def _sent_batches(session: Session) -> None:
    """What runs in batch mode have sent; `batch` is empty until the provider's server has named it."""
    session.execute(
        f"CREATE TABLE prompteval_batches (run_id {_KEY}, part INTEGER NOT NULL, model TEXT NOT NULL,"
        " batch TEXT NOT NULL, lines INTEGER NOT NULL, PRIMARY KEY (run_id, part))"
    )


# Append only: a step that has been released is never edited.
MIGRATIONS: tuple[Migration, ...] = (_first_tables, _sent_batches)
TABLES: Final = ("rows", "attempts", "attempt_ends", "leases", "names", "batches", "runs")


def prepare(session: Session) -> None:
    """Make the tables, or bring them to this version. Raises StoreError for those of a newer one."""

    def work() -> None:
        with session.transaction():
            session.execute(_LOCK)
            if _version(session) is None:
                session.execute("CREATE TABLE prompteval_schema (version INTEGER NOT NULL)")
                session.execute("INSERT INTO prompteval_schema VALUES (0)")
            for number in range(_known(session) + 1, len(MIGRATIONS) + 1):
                MIGRATIONS[number - 1](session)
                session.execute("UPDATE prompteval_schema SET version = %s", (number,))

    if _version(session) is None or _known(session) < len(MIGRATIONS):
        session.retried(work, "the tables could not be created")


def refuse_other(session: Session) -> None:
    """Raise NoResults where there are no tables, StoreError where they are not of this version."""
    if _version(session) is None:
        raise NoResults(POSTGRES, "the database has no results yet; `prompteval run` creates the tables")
    found = _known(session)
    if found < len(MIGRATIONS):
        message = f"has schema version {found}, and this prompteval reads {len(MIGRATIONS)}"
        raise StoreError(POSTGRES, f"{message}; `prompteval run` by somebody who may write upgrades it")


def _known(session: Session) -> int:
    """The version of the tables. Raises StoreError for one that is newer than ours."""
    found = _version(session) or 0
    if found > len(MIGRATIONS):
        message = f"has schema version {found}, this prompteval knows {len(MIGRATIONS)}"
        raise StoreError(POSTGRES, f"{message}; install a newer prompteval")
    return found


def _version(session: Session) -> int | None:
    """The version that the tables say they are; None where there are none."""
    # Not by to_regclass, which remembers from before the lock that there was none.
    sql = "SELECT 1 FROM pg_class WHERE relname = 'prompteval_schema' AND pg_table_is_visible(oid)"
    if not session.execute(sql):
        return None
    found = session.execute("SELECT max(version) FROM prompteval_schema")[0][0]
    return int(found or 0)
