"""A Postgres that is frozen, restarted, taken away, read-only, newer, or lets nobody in."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from prompteval.core.errors import DamagedRun, MissingExtra, NoResults, StoreError, UsageError
from prompteval.core.notice import Notice
from prompteval.core.protocols import Provider
from prompteval.core.request import Request, Response
from prompteval.providers.layers.cache import CacheLayer
from prompteval.store.postgres import lease, schema, session
from prompteval.store.postgres.backend import PostgresBackend
from prompteval.store.postgres.database import PostgresDatabase
from prompteval.store.postgres.results import PostgresStore
from prompteval.testing.store_kit import kit_rows
from prompteval.workspace.store_place import ADDRESS_VARIABLE
from tests.postgres_server import Server, controlled_server
from tests.store.postgres_place import address_of

pytestmark = pytest.mark.slow
IDS = [f"c{number:04}" for number in range(600)]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with controlled_server() as running:
        yield running


@pytest.fixture
def address(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty schema of its own."""
    found = address_of(server.address)
    monkeypatch.setenv(ADDRESS_VARIABLE, found)
    return found


def execute(address: str, sql: str) -> None:
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql)


def written_during(fault: threading.Thread) -> list[str]:
    """The cases in the store after rows were added, slowly, while a fault happened."""
    store = PostgresStore.open()
    store.begin_run("r", {}, "now")
    fault.start()
    for row in kit_rows("r", IDS):
        store.add_rows([row])
        time.sleep(0.002)
    fault.join()
    store.finish_run("r", "pass", 0, {}, "then")
    store.close()
    with closing(PostgresStore.open(readonly=True)) as store:
        return [row.case.id for row in store.rows("r")]


def test_a_server_that_freezes_for_ten_seconds_loses_no_row(server: Server, address: str) -> None:
    """Nor doubles one: the writer waits."""

    def freeze() -> None:
        with server.frozen():
            time.sleep(10)

    assert written_during(threading.Thread(target=freeze)) == IDS


def test_a_server_that_crashes_and_comes_back_loses_no_row(server: Server, address: str) -> None:
    """The transaction that was cut is run again."""

    def restart() -> None:
        server.crash()
        time.sleep(1)
        server.start()

    assert written_during(threading.Thread(target=restart)) == IDS


def test_connections_that_break_again_and_again_lose_no_row(address: str) -> None:
    """Whatever a transaction had got to: what was committed without an answer is stored once."""
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"

    def cut() -> None:
        for _ in range(20):
            time.sleep(0.05)
            execute(address, end)

    assert written_during(threading.Thread(target=cut)) == IDS


def test_a_server_that_stays_away_is_an_error_of_ours(
    server: Server, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After RETRY_SECONDS, from the writer and from a reader."""
    store = PostgresStore.open()
    store.begin_run("r", {}, "now")
    store.flush()
    monkeypatch.setattr(session, "RETRY_SECONDS", 0.5)
    server.crash()
    try:
        store.add_rows(kit_rows("r"))
        with pytest.raises(StoreError, match=r"postgres: could not be written: .*then it cannot be reached"):
            store.flush()
        with pytest.raises(StoreError, match="postgres: could not be read"):
            store.runs()
    finally:
        server.start()
        store.close()


def test_an_answer_that_never_comes_breaks_the_connection(
    server: Server, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After ANSWER_SECONDS; the server is frozen for good."""
    monkeypatch.setattr("prompteval.store.postgres.deadline.ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(session, "RETRY_SECONDS", 0.5)
    store = PostgresStore.open()
    store.flush()
    with server.frozen(), pytest.raises(StoreError, match="postgres: could not be read"):
        store.runs()
    store.close()


def test_who_may_not_write_is_told_what_to_grant(
    server: Server, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong password, no rights, a server that only reads: each with its fix, never the password."""
    schema_name = address.rpartition("%3D")[2]
    execute(address, "DROP ROLE IF EXISTS guest")
    execute(address, "CREATE ROLE guest LOGIN PASSWORD 'right-Pa55word'")
    execute(address, f"GRANT USAGE ON SCHEMA {schema_name} TO guest")
    as_guest = address.replace("postgres:@", "guest:wr0ng-Pa55word@")
    server.configure("pg_hba.conf", "local all guest scram-sha-256")
    for place, said in (
        (as_guest, "password authentication failed.*pgpass"),
        (as_guest.replace("wr0ng", "right"), "permission denied.*GRANT"),
        (address + "%20-cdefault_transaction_read_only%3Don", "read-only.*primary"),
        (address.replace("/postgres?", "/nothing?"), 'database "nothing" does not exist.*create it'),
    ):
        monkeypatch.setenv(ADDRESS_VARIABLE, place)
        deadline = time.monotonic() + 20
        while True:  # the server reads its file a little later
            with pytest.raises(StoreError) as raised:
                PostgresStore.open()
            if "password" in str(raised.value) or "password" not in said or time.monotonic() > deadline:
                break
        assert raised.match(said) and "Pa55word" not in str(raised.value) and "\n" not in str(raised.value)


def test_f27_tables_of_another_version_are_refused_by_number(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newer ones by all; older ones by what only reads, and what writes brings them up to date."""
    with pytest.raises(NoResults, match="no results yet"):
        PostgresStore.open(readonly=True)
    PostgresStore.open().close()
    known = len(schema.MIGRATIONS)
    monkeypatch.setattr(
        schema,
        "MIGRATIONS",
        (*schema.MIGRATIONS, lambda one: one.execute("ALTER TABLE prompteval_runs ADD x INT")),
    )
    with pytest.raises(
        StoreError, match=f"has schema version {known}, and this prompteval reads {known + 1}"
    ):
        PostgresStore.open(readonly=True)
    PostgresStore.open().close()
    PostgresStore.open(readonly=True).close()
    monkeypatch.undo()
    monkeypatch.setenv(ADDRESS_VARIABLE, address)
    for readonly in (True, False):
        with pytest.raises(
            StoreError, match=f"has schema version {known + 1}, this prompteval knows {known}"
        ):
            PostgresStore.open(readonly=readonly)


@pytest.mark.parametrize("version", range(1, len(schema.MIGRATIONS)))
def test_f27_runs_of_an_older_version_are_read_after_the_upgrade(
    address: str, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    """What was stored before is as it was, and the store keeps all of its promises."""
    with monkeypatch.context() as older:
        older.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:version])
        with closing(PostgresStore.open()) as store:
            store.begin_run("old", {}, "2026-01-01T00:00:00")
            store.add_rows(kit_rows("old"))
            store.finish_run("old", "pass", 0, {}, "2026-01-01T00:00:01")
    with closing(PostgresStore.open()) as store:
        assert list(store.rows("old")) == kit_rows("old") and store.run("old").verdict == "pass"


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what opens the store, not by a crash."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    for readonly in (True, False):
        with pytest.raises(MissingExtra, match=r"a store in Postgres needs: pip install .*\[postgres\]"):
            PostgresStore.open(readonly=readonly)


def test_f36_six_first_runs_at_once(address: str) -> None:
    """One of them makes the tables; every acknowledged row is there."""
    script = (
        "import sys; from prompteval.store.postgres.results import PostgresStore\n"
        "from prompteval.testing.store_kit import kit_rows\n"
        "store = PostgresStore.open(); run = sys.argv[1]; store.begin_run(run, {}, run)\n"
        "store.add_rows(kit_rows(run)); store.finish_run(run, 'pass', 0, {}, run); store.close()\n"
    )
    started = [subprocess.Popen([sys.executable, "-c", script, f"r{number}"]) for number in range(6)]
    assert [process.wait(timeout=120) for process in started] == [0] * 6
    with closing(PostgresStore.open(readonly=True)) as store:
        assert all(list(store.rows(f"r{number}")) == kit_rows(f"r{number}") for number in range(6))


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE prompteval_rows SET observation = replace(observation, 'b', 'c') WHERE case_id = 'A'",
        "UPDATE prompteval_rows SET outcome = 'invalid' WHERE case_id = 'A'",
        "DELETE FROM prompteval_rows WHERE case_id = 'A'",
        "UPDATE prompteval_runs SET verdict = 'fail'",
    ],
)
def test_f37_an_edit_is_refused_in_one_sentence(address: str, sql: str) -> None:
    """By the hashes, and only the run that was edited."""
    with closing(PostgresStore.open()) as store:
        for run_id in ("r1", "r2"):
            store.begin_run(run_id, {}, "now")
            store.add_rows(kit_rows(run_id))
            store.finish_run(run_id, "pass", 0, {}, "then")
    execute(address, f"{sql} {'AND' if 'WHERE' in sql else 'WHERE'} run_id = 'r1'")
    with closing(PostgresStore.open(readonly=True)) as store:
        with pytest.raises(DamagedRun, match="postgres: run r1 is damaged: "):
            store.run("r1")
        assert store.run("r2").verdict == "pass" and list(store.rows("r2")) == kit_rows("r2")


def test_a_dead_driver_is_waited_for_and_a_frozen_one_writes_no_more(
    address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its lease ends; when it wakes up, it finds that another has taken the run."""
    monkeypatch.setattr(lease, "LEASE_SECONDS", 1.0)
    monkeypatch.setattr(lease, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(PostgresDatabase, "idle_s", None)  # as if frozen
    first, second = PostgresStore.open(), PostgresStore.open()
    first.begin_run("r", {}, "now")
    first.flush()
    journal = first.open_journal("r", tmp_path)
    with pytest.warns(Notice, match="run r was last driven by"):
        other = second.open_journal("r", tmp_path)
    first.add_rows(kit_rows("r"))
    with pytest.raises(StoreError, match="run r was taken over by another process"):
        first.flush()
    journal.begin(None, "k")
    with pytest.raises(StoreError, match="run r was taken over by another process"):
        journal.finish()
    second.add_rows(kit_rows("r"))
    other.finish()
    second.finish_run("r", "pass", 0, {}, "then")
    other.release()
    assert [row.case.id for row in second.rows("r")] == [row.case.id for row in kit_rows("r")]
    second.close()


def test_a_run_that_is_run_is_not_removed_and_one_that_ended_takes_no_row(
    address: str, tmp_path: Path
) -> None:
    """`runs rm` names who runs it; a worker that is late loses its rows, not the run."""
    with closing(PostgresStore.open()) as store:
        store.begin_run("r", {}, "now")
        store.flush()
        journal = store.open_journal("r", tmp_path)
        with pytest.raises(UsageError, match=f"run r is being run by .*process {os.getpid()}"):
            PostgresBackend().delete_runs(["r"])
        journal.release()
        store.add_rows(kit_rows("r"))
        store.finish_run("r", "pass", 0, {}, "then")
    late = PostgresStore.open()
    late.add_rows(kit_rows("r", ["late"]))
    with pytest.raises(StoreError, match="run r has ended"):
        late.close()
    with closing(PostgresStore.open(readonly=True)) as store:
        assert store.run("r").verdict == "pass" and store.row_count("r") == len(kit_rows("r"))
    PostgresBackend().delete_runs(["r"])
    with closing(PostgresStore.open(readonly=True)) as store:
        assert store.runs() == []


def test_a_reader_connects_again_before_its_first_look_at_a_run(address: str) -> None:
    """The connection was cut while nothing was asked; what is read of a whole run is not lost with it."""
    store = PostgresStore.open()
    store.begin_run("r", {}, "now")
    store.add_rows(kit_rows("r", IDS[:3]))
    store.finish_run("r", "pass", 0, {}, "then")
    execute(address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert len(list(store.rows("r"))) == 3
    store.close()


class Answers(Provider):
    """A model with one answer."""

    identity = ""

    async def complete(self, request: Request) -> Response:
        return Response("yes")

    async def aclose(self) -> None: ...


def test_a_cache_whose_server_is_frozen_stops_no_event_loop(server: Server, address: str) -> None:
    """Others go on while a look waits for its answer."""

    async def look() -> tuple[float, Response | None]:
        layer = CacheLayer(Answers(), cache)
        task = asyncio.ensure_future(layer.complete(Request(model="m", messages=())))
        longest, last = 0.0, time.monotonic()
        while not task.done():
            await asyncio.sleep(0.01)
            longest, last = max(longest, time.monotonic() - last), time.monotonic()
        return longest, task.result()

    with closing(PostgresBackend().open_cache()) as cache:
        with server.frozen():
            threads = ThreadPoolExecutor(1)
            looking = threads.submit(asyncio.run, look())
            time.sleep(3)
        longest, reply = looking.result()
        threads.shutdown()
    assert longest < 2 and reply is not None


@pytest.mark.parametrize(
    ("wrong", "parts"),
    [
        ("password=hunter2 secret9word", ["hunter2", "secret9word"]),
        ("postgresql://u:S3cr3t@Pass99@127.0.0.1/db", ["S3cr3t", "Pass99"]),
    ],
)
def test_s36_a_password_that_is_written_wrong_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, wrong: str, parts: list[str]
) -> None:
    """What libpq says of such an address quotes parts of it."""
    monkeypatch.setenv(ADDRESS_VARIABLE, wrong)
    with pytest.raises(StoreError, match=r"the address (cannot be read|is neither)") as raised:
        PostgresStore.open()
    assert not any(part in str(raised.value) for part in parts)


def test_a_run_is_removed_whole_while_a_worker_adds_to_it(address: str) -> None:
    """The removal waits for the transaction of the worker, and takes what it wrote as well."""
    import psycopg

    store = PostgresStore.open()
    store.begin_run("r", {}, "now")
    store.flush()
    with psycopg.connect(address) as worker, psycopg.connect(address, autocommit=True) as other:
        worker.execute("SELECT 1 FROM prompteval_runs WHERE run_id = 'r' FOR SHARE")  # as `refuse_ended`
        removal = threading.Thread(target=PostgresBackend().delete_runs, args=(["r"],))
        removal.start()
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        while not other.execute(waiting).fetchall()[0][0]:
            time.sleep(0.05)
        worker.execute("INSERT INTO prompteval_attempt_ends VALUES ('r', 'w', 1, 'ok', 1, 1, 1, 1)")
        worker.commit()
        removal.join()
        assert other.execute("SELECT count(*) FROM prompteval_attempt_ends").fetchall() == [(0,)]
    store.close()


def test_a_cancelled_wait_for_a_beginning_is_forgotten(server: Server, address: str, tmp_path: Path) -> None:
    """A run that cancels its calls does not keep a future of each."""
    store = PostgresStore.open()
    store.begin_run("r", {}, "now")
    store.flush()
    journal = store.open_journal("r", tmp_path)

    async def go() -> None:
        with server.frozen():
            waiting = asyncio.create_task(journal.written(journal.begin(None, "key")))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait((waiting,))
        assert waiting.cancelled() and journal._waiting == {}

    asyncio.run(go())
    journal.finish()
    journal.release()
    store.close()


def test_s18_two_that_remove_the_same_runs_count_each_once(address: str) -> None:
    """At the same time: what one has removed, the other does not say that it did."""
    ids = [f"r{number}" for number in range(20)]
    with closing(PostgresStore.open()) as store:
        for one in ids:
            store.begin_run(one, {}, one)
    with ThreadPoolExecutor(4) as pool:
        found = [*pool.map(lambda _: PostgresBackend().delete_runs(ids), range(4))]
    assert sorted(one for removed in found for one in removed) == sorted(ids)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("DROP TABLE prompteval_leases", "could not be written: .*not as prompteval made them"),
        ("ALTER TABLE prompteval_schema RENAME version TO v", "could not be read: .*not as prompteval made"),
    ],
)
def test_s18_tables_that_somebody_changed_are_said(address: str, tmp_path: Path, sql: str, said: str) -> None:
    """By what the server says, and what to do; not that reading failed where it was writing."""
    import psycopg

    with closing(PostgresStore.open()) as store:
        store.begin_run("r", {}, "now")
        store.flush()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql)
    with pytest.raises(StoreError, match=said), closing(PostgresStore.open()) as store:
        store.open_journal("r", tmp_path)
