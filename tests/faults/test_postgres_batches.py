"""`--batch` with a store that machines share: what one has sent, another collects."""

import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from typing import Any

import pytest

from prompteval.store.postgres.session import Session
from prompteval.testing.server import BatchPlan
from tests.ended import until
from tests.faults.conftest import KEY, Live
from tests.faults.test_batch import KILLED, sent
from tests.faults.test_postgres_runs import last, machine, shared
from tests.store.postgres_place import address as address
from tests.store.postgres_place import server as server

pytestmark = pytest.mark.slow
CASES = 25


def waiting(live: Live, *arguments: str) -> str:
    """A run killed while it waits for what it has sent; its id."""
    before = len(sent(live))
    process = live.start("run", "--no-cache", *arguments)
    until(lambda: noted(before + 1))
    process.kill()
    process.communicate()
    return last(live)


def noted(count: int) -> bool:
    """Whether the database knows the id of so many batches."""
    with closing(Session()) as session:
        if session.execute("SELECT to_regclass('prompteval_batches')")[0][0] is None:
            return False
        found = session.execute("SELECT count(*) FROM prompteval_batches WHERE batch <> ''")
    return bool(found[0][0] >= count)


def continued(live: Live, run_id: str, code: int = 0) -> int:
    """The cases that are scored after another command."""
    result = live.result("--no-cache", "--resume-run", run_id, code=code)
    return int(result["cases"]["scored"])


def test_s18_another_machine_waits_for_the_batch_that_one_has_sent(live: Any, address: str) -> None:
    """Its driver died: nothing is sent again, no call is made, and nothing is left of the batch."""
    with live(CASES, server={"batch": BatchPlan(polls=10_000)}) as here:
        shared(here)
        other = machine(here, "other")
        run_id = waiting(here, "--batch")
        here.server._batches.plan = BatchPlan()
        assert continued(other, run_id) == CASES
        assert (sent(here), here.server.stats["requests"]) == ([CASES], 0)
        assert not noted(1) and not list((other.root / ".prompteval").glob("batch-*"))
        here.run("runs", "rm", run_id, code=0)
        assert not list((here.root / ".prompteval").glob("batch-*"))


def test_s18_a_frozen_driver_finds_that_its_batch_is_another_machines(live: Any, address: str) -> None:
    """It ends with 3, sends nothing and stores nothing; the run is as the other has ended it."""
    with live(CASES, server={"batch": BatchPlan(polls=10_000)}) as here:
        shared(here)
        other = machine(here, "other")
        frozen = here.start("run", "--no-cache", "--batch")
        until(lambda: noted(1))
        frozen.send_signal(signal.SIGSTOP)
        here.server._batches.plan = BatchPlan()
        assert continued(other, last(other)) == CASES
        frozen.send_signal(signal.SIGCONT)
        _, said = frozen.communicate(timeout=120)
        assert frozen.returncode == 3 and "was taken over by another process" in said
        assert (sent(here), here.server.stats["requests"]) == ([CASES], 0)
        assert json.loads(other.run("runs", "--json", code=0)[0])[0]["verdict"] == "pass"


def test_s18_a_start_that_nobody_noted_is_found_by_another_machine(live: Any, address: str) -> None:
    """The driver died after the server began the batch, and before its id was stored."""
    with live(CASES) as here:
        shared(here)
        other = machine(here, "other")
        command = [sys.executable, "-c", KILLED, "after"]
        subprocess.run(command, cwd=here.root, env={**os.environ, "FAKE_KEY": KEY}, check=False)
        assert continued(other, last(here)) == CASES
        assert (sent(here), here.server.stats["requests"]) == ([CASES], 0)


def test_s18_machines_take_turns_at_a_run(live: Any, address: str) -> None:
    """Each collects what the others have sent, and sends only what has no reply yet."""
    with live(CASES, server={"batch": BatchPlan(failing={3: 500}, expire_after=10)}) as here:
        shared(here)
        other = machine(here, "other")
        run_id = here.result("--batch", "--no-cache", code=3)["run_id"]
        here.server._batches.plan = BatchPlan(polls=10_000)
        waiting(other, "--resume-run", run_id)
        here.server._batches.plan = BatchPlan()
        assert continued(here, run_id) == CASES
        assert (sent(here), here.server.stats["requests"]) == ([CASES, CASES - 9], 0)


def test_s18_a_case_that_has_its_row_is_not_sent_again(live: Any, address: str) -> None:
    """The replies were on a machine that is gone, and the provider no longer has the batch."""
    with live(CASES, server={"batch": BatchPlan(failing={3: 500})}) as here:
        shared(here)
        run_id = here.result("--batch", "--no-cache", code=3)["run_id"]
        here.server._batches.plan = BatchPlan()
        assert continued(machine(here, "other"), run_id) == CASES
        assert sent(here) == [CASES, 1]
