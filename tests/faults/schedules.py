"""Random schedules of processes that write one store, some of them killed: what each was promised must be there.

A schedule is made from a seed. Its processes are forks, so that hundreds take a minute; each tells of
what was acknowledged to it by a line of a file of its own, written after the fact.
"""

import os
import random
import signal
import sqlite3
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from prompteval.core.case import Case
from prompteval.core.errors import UsageError
from prompteval.core.observation import Observation, Row, Score
from prompteval.core.request import Response
from prompteval.store.cache import SqliteCache
from prompteval.store.journal import AttemptJournal, read_attempts
from prompteval.store.pruning import delete_runs
from prompteval.store.results import SqliteStore

MOST_PROCESSES = 6
DEADLINE_SECONDS = 60


@dataclass
class Outcome:
    """What became of a schedule; `faults` says what was lost, doubled, damaged or crashed."""

    processes: int
    killed: int
    acknowledged: int
    faults: list[str]


def play(directory: Path, seed: int) -> Outcome:
    """One schedule over the store of a directory, which may hold what earlier ones left."""
    chance = random.Random(seed)
    directory.mkdir(parents=True, exist_ok=True)
    started: list[int] = []
    killed = 0
    for number in range(chance.randint(2, MOST_PROCESSES)):
        started.append(_forked(directory, seed, number))
        if chance.random() < 0.3:
            time.sleep(chance.uniform(0.0, 0.03))
    for pid in chance.sample(started, chance.randint(0, len(started))):
        time.sleep(chance.uniform(0.0, 0.02))  # a writer lives for about as long on an idle machine
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in started]
    killed = codes.count(-signal.SIGKILL)
    faults = [
        f"seed {seed}: a process ended with {code}" for code in codes if code not in (0, -signal.SIGKILL)
    ]
    acknowledged = promised(directory)
    faults += [f"seed {seed}: {fault}" for fault in lost(directory, acknowledged)]
    return Outcome(len(started), killed, len(acknowledged), faults)


def _forked(directory: Path, seed: int, number: int) -> int:
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            signal.alarm(DEADLINE_SECONDS)
            _Process(directory, random.Random(f"{seed}-{number}"), f"{seed}-{number}").live()
            code = 0
        except BaseException:
            (directory / f"crash-{seed}-{number}.txt").write_text(traceback.format_exc())
        finally:
            os._exit(code)
    return pid


class _Process:
    """One process: it runs a run, or continues with one that was left, and does something else in between."""

    def __init__(self, directory: Path, chance: random.Random, name: str) -> None:
        self._directory = directory
        self._path = directory / "results.sqlite"
        self._chance = chance
        self._name = name
        self._told = os.open(directory / f"told-{name}", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def live(self) -> None:
        store = SqliteStore.open(self._path)
        cache = SqliteCache.open(self._directory / "cache.sqlite")
        journal, run_id, first = self._begin(store)
        for number in range(first, first + self._chance.randint(1, 6)):
            rows = [_row(run_id, f"{number}-{i}") for i in range(self._chance.randint(1, 40))]
            attempts = [journal.begin(("s", "p@v1", "m", row.case.id, 0), "k") for row in rows]
            cache.put(f"{run_id}-{number}", "{}", Response(f"reply {number}"))
            store.add_rows(rows)
            for attempt in attempts:
                journal.end(attempt, "ok", 1.0, billed=True, usage=None)
            if self._chance.random() < 0.7:
                store.flush()
                self._tell(*(f"row {run_id} {row.case.id}" for row in rows))
            if self._chance.random() < 0.3:
                cache.flush()
                self._tell(f"reply {run_id}-{number} {number}")
            if self._chance.random() < 0.5:
                self._chance.choice([self._look, self._short_run, self._prune, self._pause])()
        if self._chance.random() < 0.6:
            store.flush()
            store.add_attempts(run_id, read_attempts(journal.path))
            code = 0 if self._chance.random() < 0.7 else 3
            store.finish_run(run_id, "pass" if code == 0 else "incomplete", code, {}, "then")
            self._tell(f"end {run_id} {code}")
            journal.close(remove=True)
        if self._chance.random() < 0.8:
            cache.close()
            store.close()

    def _begin(self, store: SqliteStore) -> tuple[AttemptJournal, str, int]:
        """A new run, or one that another process left, of which no other can have the journal."""
        if self._chance.random() < 0.3:
            for record in store.runs():
                if record.verdict == "pass" or record.run_id.startswith("short"):
                    continue
                with suppress(UsageError):
                    journal = AttemptJournal(
                        self._directory, record.run_id, store.next_attempt(record.run_id)
                    )
                    now = store.run(record.run_id)
                    if now.verdict == "pass":  # it ended before the journal was ours
                        journal.close(remove=True)
                        continue
                    store.continue_run(now.run_id)
                    store.add_attempts(now.run_id, read_attempts(journal.path))
                    journal.restart(store.next_attempt(now.run_id))
                    return journal, now.run_id, 1000 + self._chance.randrange(10**6) * 10
        run_id = f"run-{self._name}"
        journal = AttemptJournal(self._directory, run_id)
        store.begin_run(run_id, {"entries": [["s", "p@v1", "m"]]}, "now")
        return journal, run_id, 0

    def _look(self) -> None:
        """Read every run in the same process: what ends here must not end the locks of the writer."""
        with closing(SqliteStore.open(self._path, readonly=True)) as store:
            for record in store.runs():
                if record.run_id.startswith("short"):  # another process may remove it right now
                    continue
                store.run(record.run_id)

    def _short_run(self) -> None:
        with closing(SqliteStore.open(self._path)) as store:
            store.begin_run(f"short-{self._name}-{time.monotonic_ns()}", {}, "now")

    def _prune(self) -> None:
        with closing(SqliteStore.open(self._path, readonly=True)) as store:
            short = [record.run_id for record in store.runs() if record.run_id.startswith("short")]
        if short:
            delete_runs(self._path, short)

    def _pause(self) -> None:
        time.sleep(self._chance.uniform(0.0, 0.02))

    def _tell(self, *lines: str) -> None:
        os.write(self._told, "".join(f"{line}\n" for line in lines).encode())


def _row(run_id: str, case_id: str) -> Row:
    seen = Observation("ok", text=f"what {case_id} got in {run_id} " * 8, latency_ms=1.5)
    return Row(run_id, "s", "p@v1", "sha256:0", "m", Case(case_id, {"a": 1}), 0, seen, (Score("exact", 1.0),))


def promised(directory: Path) -> list[list[str]]:
    """What the processes were told: `row RUN CASE`, `reply KEY NUMBER`, `end RUN CODE`."""
    return [
        line.split() for file in sorted(directory.glob("told-*")) for line in file.read_text().splitlines()
    ]


def lost(directory: Path, acknowledged: list[list[str]]) -> Iterator[str]:
    """What of it is not there, or there more than once; and what else is wrong with the store."""
    for name in ("results.sqlite", "cache.sqlite"):
        if (directory / name).exists():
            yield from unsound(directory / name)
    for file in directory.glob("crash-*"):
        yield f"{file.name}: {file.read_text()[-2000:]}"
    with closing(SqliteStore.open(directory / "results.sqlite")) as store:
        found: dict[tuple[str, str], int] = {}
        verdicts: dict[str, str | None] = {}
        for record in store.runs():
            verdicts[record.run_id] = store.run(record.run_id).verdict
            for row in store.rows(record.run_id):
                if row != _row(record.run_id, row.case.id):
                    yield f"the row {row.case.id} of {record.run_id} is another"
                found[record.run_id, row.case.id] = found.get((record.run_id, row.case.id), 0) + 1
    rows = [(run_id, case_id) for kind, run_id, case_id in acknowledged if kind == "row"]
    yield from (f"row {pair} is there {found.get(pair, 0)} times" for pair in rows if found.get(pair) != 1)
    ended = [run_id for kind, run_id, code in acknowledged if kind == "end" and code == "0"]
    yield from (f"{run_id} has not ended" for run_id in ended if verdicts.get(run_id) != "pass")
    yield from _lost_replies(
        directory, [(key, number) for kind, key, number in acknowledged if kind == "reply"]
    )


def unsound(path: Path) -> Iterator[str]:
    """What SQLite says of a database that is not sound; nothing of one that no process came to make."""
    if not path.exists():
        return
    with closing(sqlite3.connect(path)) as connection:
        said = connection.execute("PRAGMA integrity_check(5)").fetchall()
    if said != [("ok",)]:
        yield f"{path.name}: {said}"


def _lost_replies(directory: Path, replies: list[tuple[str, str]]) -> Iterator[str]:
    if replies:
        with closing(SqliteCache.open(directory / "cache.sqlite")) as cache:
            for key, number in replies:
                found = cache.get(key)
                if found is None or found.text != f"reply {number}":
                    yield f"the reply {key} is lost"


def schedules(
    directory: Path, count: int, seconds: float, say: Callable[[str], None]
) -> tuple[list[Outcome], list[str]]:
    """So many schedules, fewer where the time is up; half of them continue the store of the one before."""
    until = time.monotonic() + seconds
    chance = random.Random(count)
    outcomes: list[Outcome] = []
    place = directory / "0"
    for seed in range(count):
        if time.monotonic() > until:
            break
        if chance.random() < 0.5:
            place = directory / str(seed)
        outcomes.append(play(place, seed))
    processes, killed = (sum(getattr(one, name) for one in outcomes) for name in ("processes", "killed"))
    promises = sum(one.acknowledged for one in outcomes)
    faults = [fault for one in outcomes for fault in one.faults]
    say(
        f"{len(outcomes)} schedules, {processes} processes, {killed} killed, {promises} promises: {len(faults)} broken"
    )
    return outcomes, faults
