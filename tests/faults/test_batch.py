"""Batch mode: files up, files down, and whatever can happen in the 24 hours between."""

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from prompteval.testing.server import BatchPlan

CASES = 25


def sent(ws: Any) -> list[int]:
    """How many lines each batch had."""
    return [batch["request_counts"]["total"] for batch in ws.server._batches._batches.values()]


def test_a_run_goes_by_one_batch(live: Any) -> None:
    """No single call is made; every case has its own reply, whatever the order they come back in."""
    with live(CASES, server={"batch": BatchPlan(polls=2)}) as ws:
        result = ws.result("--batch")
        assert result["cases"]["scored"] == CASES
        assert result["metrics"]["accuracy"]["value"] == 1.0
        assert (ws.server.stats["requests"], ws.server.stats["batch_lines"]) == (0, CASES)
        assert (result["usage"]["attempts"], result["usage"]["prompt_tokens"]) == (CASES, 40 * CASES)
        assert not list((ws.root / ".prompteval").glob("batch-*"))
        assert ws.result("--batch")["usage"]["cached"] == CASES
        assert sent(ws) == [CASES]


def test_lines_that_fail_are_errors_of_their_cases(live: Any) -> None:
    """The others count; a resume sends only those that failed."""
    with live(CASES, server={"batch": BatchPlan(failing={3: 500, 7: 400})}) as ws:
        result = ws.result("--batch", code=3)
        assert (result["cases"]["scored"], result["cases"]["errors"]) == (CASES - 2, 2)
        errors = [row["error"].partition(":")[0] for row in ws.rows() if row["outcome"] == "error"]
        assert sorted(errors) == ["bad_request", "server"]
        ws.server._batches.plan = BatchPlan()
        assert ws.result("--resume")["cases"]["scored"] == CASES
        assert sent(ws) == [CASES, 2]


def test_f38_a_line_of_results_with_a_hostile_id_is_skipped(live: Any) -> None:
    """Half a character, a path, a megabyte: no database holds it as a key, and every case has its reply."""
    ids = ("\ud800", "../../x", "x" * 1_000_000, "a\0b", "sha256:" + "\u0660" * 64)
    with live(CASES) as ws:
        batches = ws.server._batches
        finish = batches._finish

        def hostile(batch: dict[str, Any]) -> None:
            finish(batch)
            lines = batches.files[batch["output_file_id"]].splitlines()
            first = json.loads(lines[0])
            more = [json.dumps({**first, "custom_id": name}).encode() for name in ids]
            batches.files[batch["output_file_id"]] = b"\n".join([*more, *lines])

        batches._finish = hostile
        assert ws.result("--batch")["cases"]["scored"] == CASES


def test_an_expired_batch_is_no_error_and_is_finished_later(live: Any) -> None:
    """What was done counts, the rest was not run: exit 3, and a resume sends the rest."""
    with live(CASES, server={"batch": BatchPlan(expire_after=10)}) as ws:
        result = ws.result("--batch", "--no-cache", code=3)
        cases = result["cases"]
        assert (cases["scored"], cases["errors"], cases["skipped"]) == (10, 0, CASES - 10)
        ws.server._batches.plan = BatchPlan()
        assert ws.result("--resume", "--no-cache")["cases"]["scored"] == CASES
        assert sent(ws) == [CASES, CASES - 10]


def test_a_closed_laptop_waits_for_the_same_batch(live: Any) -> None:
    """Killed while it waits: the resumed run collects what was sent, and sends nothing again."""
    with live(CASES, server={"batch": BatchPlan(polls=10_000)}) as ws:
        process = ws.start("run", "--batch")
        while ws.server.stats["batches"] < 2:
            time.sleep(0.01)
        process.kill()
        process.communicate()
        ws.server._batches.plan = BatchPlan()
        assert ws.result("--resume")["cases"]["scored"] == CASES
        assert (sent(ws), ws.server.stats["requests"]) == ([CASES], 0)


def test_a_start_whose_answer_is_lost_is_found_again(live: Any) -> None:
    """The server began a batch and answered 500: exit 3, not tried twice, and the resumed run finds it."""
    with live(CASES, server={"batch": BatchPlan(lose_start=True)}) as ws:
        assert ws.result("--batch", code=3)["cases"]["skipped"] == CASES
        assert sent(ws) == [CASES]
        ws.server._batches.plan = BatchPlan()
        assert ws.result("--resume")["cases"]["scored"] == CASES
        assert (sent(ws), ws.server.stats["requests"]) == ([CASES], 0)


KILLED = """
import os, signal, sys
from prompteval.cli.app import run
from prompteval.providers.openai.batch import BatchClient

submit = BatchClient.submit

async def killed(self, *arguments):
    if sys.argv[1] == "after":
        await submit(self, *arguments)
    os.kill(os.getpid(), signal.SIGKILL)

BatchClient.submit = killed
run(["run", "--batch"])
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_f19_killed_around_the_start_of_a_batch(live: Any, when: str) -> None:
    """Before it, or after it and before its id is noted: one batch in the end, and every case once."""
    with live(CASES) as ws:
        command = [sys.executable, "-c", KILLED, when]
        done = subprocess.run(command, cwd=ws.root, env={**os.environ, "FAKE_KEY": "sk-test"}, check=False)
        assert done.returncode == -signal.SIGKILL
        for _ in range(120 if when == "after" else 0):  # other batches of the account, over two pages
            ws.server._batches._create({"input_file_id": "", "endpoint": "", "completion_window": ""})
        assert ws.result("--resume")["cases"]["scored"] == CASES
        assert [lines for lines in sent(ws) if lines] == [CASES]


def test_ctrl_c_while_a_batch_runs(live: Any) -> None:
    """Exit 130 at once; the batch continues at the server, and the run with it."""
    with live(CASES, server={"batch": BatchPlan(polls=10_000)}) as ws:
        process = ws.start("run", "--batch")
        while ws.server.stats["batches"] < 2:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        out, _ = process.communicate(timeout=20)
        assert (process.returncode, time.monotonic() - started < 3) == (130, True)
        assert "--resume-run" in out
        ws.server._batches.plan = BatchPlan()
        assert ws.result("--resume")["cases"]["scored"] == CASES
        assert sent(ws) == [CASES]


def test_a_model_without_the_batch_api_is_refused(live: Any) -> None:
    """By name, before anything is sent."""
    with live(2) as ws:
        ws.write("model.jsonl", '{"when": "", "text": "x"}\n')
        ws.write("prompteval.toml", "")
        ws.write("app.py", "def reply(message):\n    return message\n")
        ws.write(
            "evals/s.yaml",
            "callable: app:reply\ncases: ../datasets/c.jsonl\nscorers: [exact]\nmetrics: [accuracy]\n",
        )
        assert "--batch runs prompts" in ws.run("run", "--batch", code=2)[1]
