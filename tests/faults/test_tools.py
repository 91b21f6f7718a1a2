"""Whole runs of a prompt whose tools are called, against a server on loopback."""

import json
import time
from typing import Any

import pytest

from prompteval.testing.server import FakeServer, Fault, Reply
from tests.engine.targets.test_tools import FAKES, PROMPT
from tests.faults.conftest import Live

SUITE = """prompt: help
cases: ../datasets/c.jsonl
models: [m]
scorers: [{contains: {value: done}}]
metrics: [accuracy]
tools: {module: evals.fakes, max_steps: 4}
"""
LOOK, PAY = ("get_order", {"order_id": "A1"}), ("refund", {"order_id": "A1", "amount": 12.5})
REPLIES = [Reply("twice", tool_calls=[[LOOK, LOOK], [PAY]], text="done"), Reply("", text="done")]


def make(tmp_path: Any, server: FakeServer, *messages: str, fakes: str = FAKES, **profile: Any) -> Live:
    live = Live(tmp_path, server)
    live.profile(**profile)
    live.write("prompts/help/v1.py", PROMPT)
    live.write("evals/fakes.py", fakes)
    live.write("evals/s.yaml", SUITE)
    cases = [{"id": f"c{n}", "inputs": {"message": text}} for n, text in enumerate(messages)]
    live.write("datasets/c.jsonl", "".join(json.dumps(case) + "\n" for case in cases))
    return live


def test_steps_calls_and_tokens_add_up(tmp_path: Any) -> None:
    """What the run counts is what the server counted; a row has the tokens of all of its calls."""
    with FakeServer(REPLIES) as server:
        live = make(tmp_path, server, "twice", "once", price={"input": 1, "output": 1})
        usage = live.result()["usage"]
        assert usage["requests"] == usage["attempts"] == server.stats["requests"] == 4
        assert (usage["prompt_tokens"], usage["completion_tokens"]) == (160, 12)
        assert usage["cost_usd"] == pytest.approx(172e-6)
        first, second = live.rows()
        assert (first["usage"]["prompt_tokens"], second["usage"]["prompt_tokens"]) == (120, 40)
        assert [call["step"] for call in first["tool_calls"]] == [0, 0, 1]
        assert len(first["tool_calls"]) == server.stats["tool_calls"] and second["tool_calls"] == []


def test_every_step_is_cached_recorded_and_replayed(tmp_path: Any) -> None:
    """Ids that a server makes anew each time do not lead to other requests."""
    with FakeServer(REPLIES) as server:
        live = make(tmp_path, server, "twice")
        live.run("run", "--record", "r.jsonl", code=0)
        assert server.stats["requests"] == 3
        assert live.result()["usage"]["cached"] == 3
        live.run("run", "--no-cache", "--record", "again.jsonl", code=0)
        assert server.stats["requests"] == 6
    requests = [
        [json.loads(line)["request"] for line in (tmp_path / name).read_text().splitlines()]
        for name in ("r.jsonl", "again.jsonl")
    ]
    assert requests[0] == requests[1]
    assert len(requests[0]) == 3 and all(len(request["tools"]) == 2 for request in requests[0])
    assert live.result("--no-cache", "--replay", "r.jsonl")["usage"]["replayed"] == 3


@pytest.mark.parametrize("stream", [False, True])
def test_over_the_responses_api_thoughts_go_back_with_the_calls(tmp_path: Any, stream: bool) -> None:
    """Nothing is kept at the server: what a model thought comes encrypted, and stands before its calls again."""
    with FakeServer(REPLIES) as server:
        live = make(tmp_path, server, "twice", api="responses", stream=stream)
        live.run("run", "--no-cache", code=0)
        plain = server.requests[-1]
        assert "include" not in plain and "reasoning" not in [item.get("type") for item in plain["input"]]
        params = 'output=str, params={"reasoning_effort": "low"},'
        live.write("prompts/help/v1.py", PROMPT.replace("output=str,", params))
        assert live.result("--record", "r.jsonl")["metrics"]["accuracy"]["value"] == 1
        last, count = server.requests[-1], len(server.requests)
        assert (
            live.result()["usage"]["cached"] == live.result("--replay", "r.jsonl")["usage"]["replayed"] == 3
        )
        assert len(server.requests) == count == 6
    kinds = [item.get("type", item.get("role")) for item in last["input"]]
    step, calls = ["reasoning", "function_call"], ["function_call", *["function_call_output"] * 2]
    assert kinds[1:] == [*step, *calls, *step, "function_call_output"]
    assert last["include"] == ["reasoning.encrypted_content"] and last["store"] is False
    assert last["input"][1]["encrypted_content"] == "gAAAfake"


def test_an_attempt_of_a_later_step_is_tried_again(tmp_path: Any) -> None:
    """A failure in the middle costs an attempt, not the case."""
    with FakeServer(REPLIES, faults=[None, Fault("status", 500), Fault("reset")]) as server:
        live = make(tmp_path, server, "twice")
        usage = live.result()["usage"]
        assert (usage["requests"], usage["attempts"], server.stats["requests"]) == (3, 5, 5)


def test_what_happened_before_an_error_is_kept(tmp_path: Any) -> None:
    """The calls of the steps before the one that failed are in the row, and counted."""
    with FakeServer(REPLIES, faults=[None, Fault("status", 401)]) as server:
        live = make(tmp_path, server, "twice")
        live.run("run", code=3)
        (row,) = live.rows()
        assert (row["outcome"], len(row["tool_calls"]), row["usage"]["prompt_tokens"]) == ("error", 2, 40)


@pytest.mark.parametrize("attempts", [1, 5])
def test_the_deadline_is_for_all_steps_together(tmp_path: Any, attempts: int) -> None:
    """Three replies of 0.4 s do not fit in 1 s, though each does."""
    with FakeServer(REPLIES, latency_s=0.4) as server:
        live = make(tmp_path, server, "twice", case_deadline_s=1.0, max_attempts=attempts)
        started = time.monotonic()
        live.run("run", code=3)
        assert time.monotonic() - started < 4
        (row,) = live.rows()
        assert row["outcome"] == "error" and row["error"].startswith("timeout: ")
        assert 900 < row["latency_ms"] < 1300


@pytest.mark.parametrize(
    "wait", ["await asyncio.sleep(60)", "while True: pass", "__import__('time').sleep(60)"]
)
def test_a_fake_that_hangs_ends_with_the_case(tmp_path: Any, wait: str) -> None:
    """What does not end takes the deadline and no more, on the loop and in a thread."""
    fakes = FAKES.replace("await asyncio.sleep(0)", wait)
    fakes = fakes if wait.startswith("await") else fakes.replace("async def", "def")
    with FakeServer(REPLIES) as server:
        live = make(tmp_path, server, "twice", fakes=fakes, case_deadline_s=0.5)
        started = time.monotonic()
        live.run("run", code=3)
        assert time.monotonic() - started < 10
        (row,) = live.rows()
        assert row["error"] == "timeout: the tools did not end within the case's deadline of 0.5 s"
        assert len(row["tool_calls"]) == 2


def test_limits_hold_for_each_call(tmp_path: Any) -> None:
    """Calls at a time are those of the model, not cases."""
    with FakeServer(REPLIES, latency_s=0.02) as server:
        live = make(tmp_path, server, *[f"twice {n}" for n in range(12)], max_concurrency=3)
        live.run("run", "-j", "12", code=0)
        assert (server.stats["requests"], server.stats["peak"]) == (36, 3)


def test_a_dry_run_counts_what_a_case_may_call(tmp_path: Any) -> None:
    """Every step of every case, each with what was said before it. Without fakes the tools are counted."""
    with FakeServer(REPLIES) as server:
        live = make(tmp_path, server, "twice", "once", price={"input": 1, "output": 2})
        entry = json.loads(live.run("run", "--dry-run", "--json", code=0)[0])["entries"][0]
        assert (entry["calls"], entry["cached"], entry["estimated"]) == (10, 0, True)
        assert entry["completion_tokens_at_most"] == 10 * 1000
        priced = entry["prompt_tokens"] + 2 * entry["completion_tokens_at_most"]
        assert entry["cost_usd_at_most"] == pytest.approx(priced / 1e6)
        live.write("evals/s.yaml", SUITE.replace("tools:", "# tools:"))
        offered = json.loads(live.run("run", "--dry-run", "--json", code=0)[0])["entries"][0]
        live.write("prompts/help/v1.py", PROMPT.replace("tools=[get_order, refund]", "tools=[get_order]"))
        fewer = json.loads(live.run("run", "--dry-run", "--json", code=0)[0])["entries"][0]
        assert offered["prompt_tokens"] > fewer["prompt_tokens"] > 100
        assert not server.requests


def test_a_dry_run_knows_cached_replies_and_needs_at_least_what_a_run_does(tmp_path: Any) -> None:
    """A case whose first reply calls nothing needs no other; steps of the rest are counted as if not cached."""
    with FakeServer(REPLIES) as server:
        live = make(tmp_path, server, "twice", "once")
        before = json.loads(live.run("run", "--dry-run", "--json", code=0)[0])["entries"][0]
        usage = live.result()["usage"]
        after = json.loads(live.run("run", "--dry-run", "--json", code=0)[0])["entries"][0]
        told = live.run("run", "--dry-run", code=0)[0]
    assert before["prompt_tokens"] >= usage["prompt_tokens"] and before["calls"] >= usage["requests"]
    assert (after["calls"], after["cached"]) == (4, 2)
    assert "4 calls, 2 cached, ≈" in told and "the price is not known" in told


def test_a_batch_does_not_wait_for_tools(tmp_path: Any) -> None:
    """Calls that depend on replies cannot be sent at once; a first reply can."""
    with FakeServer(REPLIES) as server:
        live = make(tmp_path, server, "twice")
        assert "asks again after each step" in live.run("run", "--batch", code=2)[1]
        live.write("evals/s.yaml", SUITE.replace("tools:", "# tools:"))
        live.run("run", "--batch", code=0)
        (row,) = live.rows()
        assert (row["outcome"], row["output"], len(row["tool_calls"])) == ("ok", None, 2)


def test_models_that_take_no_tools_are_refused(tmp_path: Any) -> None:
    """local/minilm takes none; a schema in the form of a call leaves no room for others."""
    with FakeServer(REPLIES) as server:
        live = make(tmp_path, server, "twice", structured="tool")
        live.run("check", code=0)
        shown = live.run("run", "--model", "local/minilm", code=2)[1]
        assert "PE338 local/minilm takes no tools, and help@v1 has some" in shown
        typed = PROMPT.replace("def get_order", "class Out(BaseModel):\n    x: str\n\ndef get_order")
        live.write("prompts/help/v1.py", typed.replace("output=str", "output=Out"))
        assert 'PE338 structured = "tool" of m asks for the output as a call' in live.run("check", code=2)[0]
        live.write("prompts/help/v1.py", PROMPT.replace("order_id: str) -> dict", "order_id: dict) -> dict"))
        assert (
            "PE336 argument 'order_id' of tool 'get_order': a strict schema allows no"
            in live.run("check", code=2)[0]
        )


def test_check_without_import_runs_no_fake(tmp_path: Any) -> None:
    """B: the module must be there and Python; what it does is not checked, and said so."""
    with FakeServer(REPLIES) as server:
        live = make(tmp_path, server, "twice", fakes="raise RuntimeError('imported')\n")
        shown = "".join(live.run("check", "--no-import", code=0))
        assert "evals.fakes" in shown
        assert "imported" in live.run("check", code=2)[0]
        live.write("evals/fakes.py", "def (")
        assert "evals.fakes: not Python" in live.run("check", "--no-import", code=2)[0]


def test_results_that_hold_a_secret_are_hidden(tmp_path: Any) -> None:
    """What a fake gives back is sent and stored without the key of the run."""
    fakes = FAKES.replace('"total": 12.5', '"total": __import__("os").environ["FAKE_KEY"]')
    with FakeServer(REPLIES) as server:
        live = make(tmp_path, server, "twice", fakes=fakes)
        live.run("run", code=0)
        assert "sk-test" not in json.dumps(live.rows()) + json.dumps(server.requests)


def test_what_a_case_has_paid_is_counted_when_the_money_ends(tmp_path: Any) -> None:
    """A case that is turned away at its second call keeps its first, and can be continued."""
    with FakeServer(REPLIES) as server:
        live = make(tmp_path, server, "twice", price={"input": 1e5, "output": 0})  # 4 USD a call
        live.run("run", "--max-cost", "17", code=3)
        assert 0 < server.stats["requests"] < 3
        (row,) = live.rows()
        assert (row["outcome"], len(row["tool_calls"])) == ("error", 2)
        assert row["error"].startswith("budget: ")
        live.run("run", "--resume", "--max-cost", "100", code=0)
        assert server.stats["requests"] == 3
