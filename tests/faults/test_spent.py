"""What a case took as metrics of a run: in tables, JSON and gates, whoever served the replies."""

from typing import Any

import pytest

from tests.faults.conftest import SUITE

SPENT = ["latency_ms.p95", "first_token_ms.p95", "first_answer_ms.p95", "cost_usd.mean", "tokens.mean"]
CASES = 80
PRICE = {"input": 1.0, "output": 2.0}


def suite(*gates: str) -> str:
    head = SUITE.partition("metrics:")[0]
    return f"{head}metrics: [accuracy, {', '.join(SPENT)}]\ngate: [{', '.join(gates)}]\n"


def test_every_metric_has_an_interval_and_gates(live: Any) -> None:
    """Against a server that streams; the printed table has them too."""
    gates = [
        "latency_ms.p95.high <= 60000",
        "first_token_ms.p95 <= 60000",
        "cost_usd.mean <= 1",
        "tokens.mean.low > 1",
    ]
    with live(CASES, stream=True, price=PRICE) as ws:
        ws.write("evals/s.yaml", suite(*gates))
        result = ws.result()
        found = result["metrics"]
        for name in SPENT[:3]:
            assert 0 < found[name]["low"] <= found[name]["value"], name
        assert found["first_token_ms.p95"]["value"] <= found["first_answer_ms.p95"]["value"]
        usage = result["usage"]
        tokens = usage["prompt_tokens"] + usage["completion_tokens"]
        assert found["tokens.mean"]["value"] == pytest.approx(tokens / CASES)
        assert found["cost_usd.mean"]["value"] == pytest.approx(usage["cost_usd"] / CASES)
        assert {gate["verdict"] for gate in result["gates"]} == {"pass"}
        shown = ws.run("show", "last", code=0)[0]
        assert all(name in shown for name in SPENT)


def test_a_reply_from_the_cache_is_as_quick_and_as_dear_as_when_it_was_made(live: Any) -> None:
    """A second run has the same figures though it paid nothing, and decides its gates alike."""
    with live(CASES, {"latency_s": 0.02}, price=PRICE, stream=True) as ws:
        ws.write("evals/s.yaml", suite("cost_usd.mean <= 1"))
        first, again = ws.result(), ws.result()
        assert again["usage"]["cached"] == CASES and again["usage"]["cost_usd"] == 0.0
        assert again["metrics"]["cost_usd.mean"] == first["metrics"]["cost_usd.mean"]
        assert again["metrics"]["latency_ms.p95"]["value"] > 20


def test_what_was_not_measured_says_why(live: Any) -> None:
    """No price: no value, a reason, and a gate that fails by it."""
    with live(CASES, stream=True) as ws:
        ws.write("evals/s.yaml", suite("cost_usd.mean <= 60000"))
        result = ws.result(code=1)
        assert "price" in result["metrics"]["cost_usd.mean"]["reason"]
        assert "undefined: the price" in result["gates"][0]["detail"]


def test_first_tokens_of_replies_that_are_not_streamed_are_a_problem(live: Any) -> None:
    """At `check`, of each metric and rule, with the setting that helps."""
    with live(1) as ws:
        ws.write("evals/s.yaml", suite("first_token_ms.p95 <= 60000"))
        told = ws.run("check", code=2)[0]
        assert told.count("no model of the suite streams its replies (set `stream = true`") == 3
        assert "evals/s.yaml:5:37 PE226" in told and "PE227 first_token_ms.p95 <= 60000" in told


def test_repeats_count_apart_and_versions_compare(live: Any) -> None:
    """A percentile reads every repeat; two runs are compared by their times and costs, a rise being worse."""
    with live(CASES, {"latency_s": 0.01}, price=PRICE, stream=True) as ws:
        ws.write("evals/s.yaml", suite("latency_ms.p95 <= 60000") + "repeat: 2\n")
        found = ws.result()["metrics"]["latency_ms.p95"]
        assert (found["n"], found["method"]) == (2 * CASES, "bca")
        ws.run("baseline", "set", "last", code=0)
        rule = "{no_regression: {metric: tokens.mean, min_effect: 5}}, {no_regression: {metric: latency_ms.p95, min_effect: 500}}"
        ws.write("evals/s.yaml", suite(rule) + "repeat: 2\n")
        assert [gate["verdict"] for gate in ws.result("--no-cache")["gates"]] == ["pass", "pass"]
