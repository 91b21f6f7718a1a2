"""Whole runs with their results in Postgres, from several machines: directories that share nothing else."""

import json
import re
import shutil
import signal
import time
from typing import Any

import pytest

from prompteval.store.postgres.results import PostgresStore
from prompteval.workspace.store_place import ADDRESS_VARIABLE
from tests.faults.conftest import KEY, Live
from tests.store.postgres_place import address as address
from tests.store.postgres_place import server as server

pytestmark = pytest.mark.slow
CASES = 60
# Calls that four cases at a time have in flight, or whose reply came and was not committed yet.
MOST_TWICE = 12


def machine(live: Live, name: str) -> Live:
    """Another machine: the same content, none of what is kept beside it."""
    root = live.root.parent / name
    shutil.copytree(live.root, root, ignore=shutil.ignore_patterns(".prompteval"))
    return Live(root, live.server)


def shared(live: Live) -> None:
    """Its store is Postgres."""
    file = live.root / "prompteval.toml"
    file.write_text('store = "postgres"\n' + file.read_text())


def comparable(live: Live, name: str, run_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The JSON report and the rows of a run, but for times, its id, and what calls used and took."""
    live.run("report", run_id, "-o", f"{name}.json", "-o", f"{name}.jsonl", code=0)
    text = (live.root / f"{name}.json").read_text().replace(run_id, "RUN")
    body = json.loads(re.sub(r'"started": "[^"]*"', '"started": ""', text))
    for result in body["results"]:
        del result["usage"], result["timing"]
    rows = [json.loads(line) for line in (live.root / f"{name}.jsonl").read_text().splitlines()]
    for row in rows:
        for key in ("run_id", "latency_ms", "calls", "timings"):
            row.pop(key, None)
    return body, rows


def last(live: Live) -> str:
    return str(json.loads(live.run("runs", "--json", code=0)[0])[0]["run_id"])


def test_a_run_in_postgres_is_the_run_in_sqlite(live: Any, address: str) -> None:
    """Invariant 6: reports are equal but for times, ids and usage; another machine reads the same, and pays nothing."""
    with live(CASES) as here:
        here.run("run", "-q", code=0)
        expected = comparable(here, "sqlite", last(here))
        shared(here)
        other = machine(here, "other")
        here.run("run", "-q", "--no-cache", code=0)
        assert comparable(here, "postgres", last(here)) == expected
        assert not (other.root / ".prompteval").exists()
        assert comparable(other, "postgres", last(here)) == expected
        assert "c0001" in other.run("show", "last", "--case", "c0001", code=0)[0]
        assert "not run" in other.run("compare", "last", code=0)[0]
        here.run("baseline", "set", "last", "--name", "release", code=0)
        assert "A: baseline:release" in other.run("compare", "baseline:release", "last", code=0)[0]
        here.run("run", "-q", code=0)
        before = len(here.server.requests)
        assert "0 tokens" not in other.run("run", code=0)[0]
        assert len(other.server.requests) == before, "replies are shared"


def test_shards_of_several_machines_are_merged_where_they_are(live: Any, address: str) -> None:
    """`runs merge postgres`, on any machine; and from Postgres into a file."""
    with live(CASES) as here:
        here.run("run", "-q", code=0)
        expected = comparable(here, "sqlite", last(here))
        shared(here)
        for number in (3, 1, 2):
            machine(here, f"m{number}").run("run", "--shard", f"{number}/3", "-q", code=0)
        here.run("runs", "merge", "postgres", "-q", code=0)
        assert comparable(here, "merged", last(here)) == expected
        other = machine(here, "other")
        other.run("runs", "merge", "postgres", "-o", "merged.sqlite", "-q", code=0)
        assert (other.root / "merged.sqlite").exists()


def started(live: Live, calls: int) -> tuple[Any, str]:
    """A run in a process, once its server was asked so often, with the run's id."""
    before = len(live.server.requests)
    process = live.start("run", "-q", "-j", "4")
    deadline = time.monotonic() + 60
    while len(live.server.requests) < before + calls and time.monotonic() < deadline:
        time.sleep(0.01)
    return process, last(live)


@pytest.mark.parametrize("calls", [1, 13, 37])
def test_a_run_whose_driver_died_is_finished_by_another_machine(live: Any, address: str, calls: int) -> None:
    """F19, invariants 1 to 4: what was committed is not asked for again, what was in flight is said."""
    with live(CASES, server={"latency_s": 0.05}) as here:
        here.run("run", "-q", code=0)
        expected = comparable(here, "sqlite", last(here))
        shared(here)
        before = len(here.server.requests)
        process, run_id = started(here, calls)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        other = machine(here, "other")
        other.run("run", "--resume-run", run_id, "-q", code=0)
        assert comparable(other, "resumed", run_id) == expected
        asked = len(other.server.requests) - before
        assert CASES <= asked <= CASES + MOST_TWICE
        store = PostgresStore.open(readonly=True)
        attempts, unseen = list(store.attempts(run_id)), sum(store.unseen_attempts(run_id).values())
        store.close()
        assert len(attempts) >= asked and unseen <= MOST_TWICE
        assert len({one[4] for one in attempts}) == CASES


def test_a_second_driver_is_refused_while_the_first_lives(live: Any, address: str) -> None:
    """Named, with what to do; the first is not disturbed."""
    with live(CASES, server={"latency_s": 0.3}) as here:
        shared(here)
        process, run_id = started(here, 2)
        other = machine(here, "other")
        said = other.run("run", "--resume-run", run_id, "-q", code=2)[1]
        assert f"run {run_id} is being run by" in said and f"process {process.pid}" in said
        assert f"run {run_id} is being run by" in other.run("runs", "rm", run_id, code=2)[1]
        out, problems = process.communicate(timeout=120)
        assert process.returncode == 0, out + problems


def test_a_database_that_is_not_there_is_said_before_any_call(
    live: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F26: one line, with the variable to set and without the password; nothing is called."""
    pytest.importorskip("psycopg")
    with live(2) as here:
        shared(here)
        for address in (
            "host=127.0.0.1 port=1 password=sEcretPassw0rd99",
            "postgresql://me:sEcret%20Passw0rd99@[broken",
        ):
            monkeypatch.setenv(ADDRESS_VARIABLE, address)
            said = here.run("runs", code=2)[1]
            assert re.match("error: postgres: .*cannot be re(ached|ad)", said) and "sEcret" not in said
        monkeypatch.setenv(ADDRESS_VARIABLE, "postgresql://me:sEcretPassw0rd99@127.0.0.1:1/x")
        for verb in (
            ("run",),
            ("runs",),
            ("show", "last"),
            ("report", "last", "-o", "x.html"),
            ("compare", "last"),
        ):
            said = here.run(*verb, code=2)[1]
            assert ADDRESS_VARIABLE in said and "sEcret" not in said and KEY not in said
        assert len(here.server.requests) == 0


def test_an_address_in_the_settings_is_a_problem_at_its_line(live: Any) -> None:
    """S23: and it is not repeated; nor in the variable that names the place."""
    with live(2) as here:
        file = here.root / "prompteval.toml"
        file.write_text('store = "postgresql://me:sEcretPassw0rd99@h/x"\n' + file.read_text())
        out, said = here.run("check", code=2)
        assert "prompteval.toml:1:1 PE121" in said + out and ADDRESS_VARIABLE in said + out
        assert "sEcret" not in said + out
        file.write_text(file.read_text().partition("\n")[2])
        said = here.run("runs", code=2, env={"PROMPTEVAL_STORE": "postgresql://me:sEcretPassw0rd99@h/x"})[1]
        assert ADDRESS_VARIABLE in said and "sEcret" not in said


def test_offline_refuses_a_store_behind_a_connection(live: Any) -> None:
    """Which libpq would open unseen; a file named by the variable is as good as ever."""
    with live(2) as here:
        shared(here)
        assert "PROMPTEVAL_STORE=" in here.run("run", "--offline", code=2)[1]
        here.run("run", "--offline", code=3, env={"PROMPTEVAL_STORE": ".prompteval/results.sqlite"})


def test_shards_of_two_branches_in_one_store_are_not_mixed(live: Any, address: str) -> None:
    """A merge takes those whose content is its workspace's, though the other branch's are newer."""
    with live(CASES) as here:
        shared(here)
        branch = machine(here, "branch")
        suite = branch.root / "evals/s.yaml"
        suite.write_text(
            suite.read_text().replace("exact: {field: team}", "exact: {field: team, name: other}")
        )
        for number in (1, 2):
            here.run("run", "--shard", f"{number}/2", "-q", code=0)
            branch.run("run", "--shard", f"{number}/2", "-q", code=0)
        said = here.run("runs", "merge", "postgres", code=0)[1]
        assert len(re.findall(r"^shard \d/2: run ", said, re.MULTILINE)) == 2
        assert {*scorers(here)} == {("exact",)} and len(scorers(here)) == CASES
        branch.run("runs", "merge", "postgres", "-q", code=0)
        assert {*scorers(branch)} == {("other",)}


def scorers(live: Live) -> list[tuple[str, ...]]:
    """Those that each row of the last run has a score of."""
    live.run("report", "last", "-o", "rows.jsonl", code=0)
    rows = map(json.loads, (live.root / "rows.jsonl").read_text().splitlines())
    return [tuple(row["scores"]) for row in rows]
