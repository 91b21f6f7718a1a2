"""The results database: runs, their rows, their scores, their verdicts."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prompteval.core.errors import StoreError, UsageError
from prompteval.core.observation import Row
from prompteval.core.stored import EntryKey, RowFields, StoredRow
from prompteval.store.codec import (
    case_from,
    case_json,
    dumps,
    observation_from,
    observation_json,
    scores_from,
    scores_json,
    stored_row,
)
from prompteval.store.connection import Migration, open_database, open_for_reading
from prompteval.store.journal import Attempt
from prompteval.store.writer import Writer, insert_many


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


# Append only: a step that has been released is never edited.
MIGRATIONS: tuple[Migration, ...] = (_first_tables, _attempts_table)

_KEY = "run_id, suite, target, model, case_id, replicate"
_REPORTED = (
    ", json_extract(observation, '$.details'), json_extract(observation, '$.logprobs'),"
    " json_extract(observation, '$.calls[#-1].usage.completion_tokens')"
)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run as it is stored; `summary` is None while it has not ended."""

    run_id: str
    started: str
    finished: str | None
    verdict: str | None
    exit_code: int | None
    manifest: Mapping[str, Any]
    summary: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class FailureCount:
    """A kind of error, the message of the first case that had it, and in how many cases it came."""

    kind: str
    message: str
    cases: int


class SqliteStore:
    """The results of all runs of a workspace."""

    def __init__(self, path: Path, writer: Writer | None) -> None:
        self._path = path
        self._writer = writer
        self._reader: sqlite3.Connection | None = None

    @classmethod
    def open(cls, path: Path, *, readonly: bool = False) -> "SqliteStore":
        """Open or make the database. Raises StoreError for a file that cannot be used."""
        if readonly:
            open_for_reading(path, MIGRATIONS).close()
            return cls(path, None)
        return cls(path, Writer(open_database(path, MIGRATIONS)))

    def begin_run(self, run_id: str, manifest: Mapping[str, Any], started: str) -> None:
        """Note that a run begins."""
        values = (run_id, started, dumps(manifest))
        self._write(
            lambda c: c.execute("INSERT INTO runs (run_id, started, manifest) VALUES (?, ?, ?)", values)
        )

    def add_rows(self, rows: Iterable[Row]) -> None:
        """Store finished rows with their scores; a row stored twice replaces the first."""
        stored: list[tuple[Any, ...]] = []
        scored: list[tuple[Any, ...]] = []
        for row in rows:
            key = (row.run_id, row.suite, row.target, row.model, row.case.id, row.replicate)
            seen = row.observation
            facts = (row.fingerprint, seen.outcome, seen.latency_ms, seen.confidence)
            stored.append((*key, *facts, case_json(row.case), observation_json(seen)))
            scored.append((*key, scores_json(row.scores)))

        def work(connection: sqlite3.Connection) -> None:
            insert_many(connection, "rows", stored)
            insert_many(connection, "scores", scored)

        self._write(work)

    def finish_run(
        self, run_id: str, verdict: str, exit_code: int, summary: Mapping[str, Any], finished: str
    ) -> None:
        """Store how a run ended, and bring everything to disk."""
        values = (finished, verdict, exit_code, dumps(summary), run_id)
        sql = "UPDATE runs SET finished = ?, verdict = ?, exit_code = ?, summary = ? WHERE run_id = ?"
        self._write(lambda connection: connection.execute(sql, values))
        self.flush()

    def add_attempts(self, run_id: str, attempts: Iterable[Attempt]) -> None:
        """Store the attempts of a journal, and return when they are committed."""
        sql = "INSERT OR REPLACE INTO attempts VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
        self._write(lambda connection: connection.executemany(sql, ((run_id, *one) for one in attempts)))
        self.flush()

    def attempts(self, run_id: str) -> Iterator[Attempt]:
        """The attempts of a run, in the order they began; see `read_attempts` for the fields."""
        sql = (
            "SELECT number, suite, target, model, case_id, replicate, key, started, outcome, ms, billed,"
            " prompt_tokens, completion_tokens FROM attempts WHERE run_id = ? ORDER BY number"
        )
        yield from self._read().execute(sql, (run_id,))

    def unseen_attempts(self, run_id: str) -> dict[tuple[str, str, str], int]:
        """(suite, target, model) to the number of attempts whose end was not seen: possibly billed."""
        sql = (
            "SELECT suite, target, model, count(*) FROM attempts WHERE run_id = ?"
            " AND (outcome IS NULL OR outcome = 'cancelled') GROUP BY suite, target, model"
        )
        return {(suite, target, model): n for suite, target, model, n in self._read().execute(sql, (run_id,))}

    def next_attempt(self, run_id: str) -> int:
        """The number that the next attempt of a run takes."""
        sql = "SELECT coalesce(max(number), -1) + 1 FROM attempts WHERE run_id = ?"
        return int(self._read().execute(sql, (run_id,)).fetchone()[0])

    def flush(self) -> None:
        """Return when everything handed in is committed."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Commit and close. Safe to call twice."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        if self._writer is not None:
            self._writer.close()

    def runs(self, limit: int | None = None) -> list[RunRecord]:
        """Runs, newest first."""
        sql = "SELECT run_id, started, finished, verdict, exit_code, manifest, summary FROM runs"
        order = " ORDER BY started DESC, run_id DESC LIMIT ?"
        return [
            _record(found) for found in self._read().execute(sql + order, (-1 if limit is None else limit,))
        ]

    def run(self, name: str) -> RunRecord:
        """A run by id, by a prefix that only one has, or `last`. Raises UsageError otherwise."""
        records = self.runs()
        if not records:
            raise UsageError("there is no run yet", "`prompteval run` makes one")
        # A commit that was run to be compared with is not what anybody means by the last run.
        last = next((record for record in records if not record.manifest.get("side")), records[0])
        if name == "last":
            return last
        found = [record for record in records if record.run_id == name]
        found = found or [record for record in records if record.run_id.startswith(name)]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"{name!r} begins {len(found)} run ids", "give more of it")
        raise UsageError(f"there is no run {name!r}", f"the last is {last.run_id}; see `prompteval runs`")

    def rows(
        self, run_id: str, suite: str | None = None, target: str | None = None, model: str | None = None
    ) -> Iterator[Row]:
        """Rows with their scores, by suite, target, model, case id and replicate."""
        where, values = _where(run_id, suite, target, model)
        sql = (
            f"SELECT {_KEY}, fingerprint, outcome, latency_ms, confidence, case_json, observation, scores"
            f" FROM rows LEFT JOIN scores USING ({_KEY}) WHERE {where} ORDER BY {_KEY}"
        )
        for found in self._read().execute(sql, values):
            yield _row(found)

    def entry_rows(self, key: EntryKey, fields: RowFields) -> Iterator[StoredRow]:
        """The rows of an entry with their scores, in order of case id and replicate."""
        where, values = _where(key.run_id, key.suite, key.target, key.model)
        more = _REPORTED if fields.reported else ""
        sql = (
            f"SELECT case_id, replicate, outcome, latency_ms, confidence, case_json, scores{more}"
            f" FROM rows LEFT JOIN scores USING ({_KEY}) WHERE {where} ORDER BY case_id, replicate"
        )
        for found in self._read().execute(sql, values):
            yield stored_row(found, mark=fields.mark)

    def texts(self, key: EntryKey, ids: Sequence[str]) -> dict[str, str]:
        """Case id to the text of its first replicate's output."""
        where, values = _where(key.run_id, key.suite, key.target, key.model)
        sql = f"SELECT observation FROM rows WHERE {where} AND case_id = ? ORDER BY replicate LIMIT 1"
        found = {name: self._read().execute(sql, [*values, name]).fetchone() for name in ids}
        # Not by json_extract: it ends a text at a NUL, and half a surrogate pair has no UTF-8.
        return {name: json.loads(row[0]).get("text") or "" for name, row in found.items() if row is not None}

    def failures(self, key: EntryKey, limit: int) -> list[FailureCount]:
        """The most frequent kinds of error, by number of cases."""
        where, values = _where(key.run_id, key.suite, key.target, key.model)
        sql = (
            "SELECT json_extract(observation, '$.failure.type') AS kind,"
            " json_extract(observation, '$.failure.message'), count(DISTINCT case_id) AS cases, min(case_id)"
            f" FROM rows WHERE {where} AND outcome = 'error' GROUP BY kind ORDER BY cases DESC, kind LIMIT ?"
        )
        found = self._read().execute(sql, [*values, limit])
        return [FailureCount(kind, message, cases) for kind, message, cases, _ in found]

    def tokens(self, key: EntryKey) -> tuple[int | None, int | None]:
        """(prompt tokens, completion tokens) of every reply, cached ones too; None where none tells."""
        where, values = _where(key.run_id, key.suite, key.target, key.model)
        used = "json_extract(call.value, '$.usage.{}')"
        sql = (
            f"SELECT sum({used.format('prompt_tokens')}), sum({used.format('completion_tokens')})"
            f" FROM rows, json_each(observation, '$.calls') AS call WHERE {where}"
        )
        prompt, completion = self._read().execute(sql, values).fetchone()
        return prompt, completion

    def done(
        self, run_id: str, suite: str, target: str, fingerprint: str, model: str
    ) -> set[tuple[str, int]]:
        """(case id, replicate) of the rows that need not run again: all but those that ended in an error."""
        sql = (
            "SELECT case_id, replicate FROM rows WHERE run_id = ? AND suite = ? AND target = ?"
            " AND fingerprint = ? AND model = ? AND outcome != 'error'"
        )
        return set(self._read().execute(sql, (run_id, suite, target, fingerprint, model)))

    def _write(self, job: Any) -> None:
        if self._writer is None:
            raise StoreError(str(self._path), "was opened for reading only")
        self._writer.submit(job)

    def _read(self) -> sqlite3.Connection:
        self.flush()
        if self._reader is None:
            self._reader = open_for_reading(self._path, MIGRATIONS)
        return self._reader


def _where(run_id: str, suite: str | None, target: str | None, model: str | None) -> tuple[str, list[str]]:
    parts, values = ["run_id = ?"], [run_id]
    for name, value in (("suite", suite), ("target", target), ("model", model)):
        if value is not None:
            parts.append(f"{name} = ?")
            values.append(value)
    return " AND ".join(parts), values


def _record(found: tuple[Any, ...]) -> RunRecord:
    run_id, started, finished, verdict, exit_code, manifest, summary = found
    told = None if summary is None else json.loads(summary)
    return RunRecord(run_id, started, finished, verdict, exit_code, json.loads(manifest), told)


def _row(found: tuple[Any, ...]) -> Row:
    (
        run_id,
        suite,
        target,
        model,
        case_id,
        replicate,
        mark,
        outcome,
        latency,
        confidence,
        case,
        seen,
        scores,
    ) = found
    return Row(
        run_id=run_id,
        suite=suite,
        target=target,
        fingerprint=mark,
        model=model,
        case=case_from(case_id, case),
        replicate=replicate,
        observation=observation_from(outcome, latency, confidence, seen),
        scores=scores_from(scores) if scores is not None else (),
    )
