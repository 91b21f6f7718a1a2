"""Whole runs over the Responses API and over streams: the same figures, errors and resumes as over chat."""

from typing import Any

import pytest

from prompteval.testing.server import BatchPlan, Fault

CASES = 12
WAYS = [{"stream": True}, {"api": "responses"}, {"api": "responses", "stream": True}]


@pytest.mark.parametrize("keys", WAYS, ids=str)
def test_a_run_has_the_same_figures(live: Any, keys: dict[str, Any]) -> None:
    """Accuracy, tokens, and in a stream the time to the first token in every row."""
    with live(CASES, **keys) as ws:
        result = ws.result()
        assert (result["metrics"]["accuracy"]["value"], result["cases"]["scored"]) == (1.0, CASES)
        assert result["usage"]["prompt_tokens"] == 40 * CASES
        for row in ws.rows():
            first = row["first_token_ms"]
            assert (
                (first is not None and 0 < first <= row["latency_ms"]) if "stream" in keys else first is None
            )
        assert ws.result()["usage"]["cached"] == CASES


@pytest.mark.parametrize("keys", WAYS, ids=str)
def test_broken_replies_are_tried_again_or_are_outcomes(live: Any, keys: dict[str, Any]) -> None:
    """A cut connection and a 503 pass; a cut answer, a refusal and a filter are rows that fail."""
    faults = [Fault("cut"), Fault("status", 503), Fault("length"), Fault("refusal"), Fault("filter")]
    with live(5, {"faults": faults}, **keys) as ws:
        ws.run("run", "-q", "-j", "1", code=1)
        assert sorted(row["outcome"] for row in ws.rows()) == ["filtered", "ok", "ok", "refused", "truncated"]


def test_a_batch_of_responses(live: Any) -> None:
    """The Batch API takes the endpoint; a stream is not asked for there."""
    with live(CASES, {"batch": BatchPlan(failing={3: 500})}, api="responses", stream=True) as ws:
        result = ws.result("--batch", code=3)
        assert (result["cases"]["scored"], result["cases"]["errors"]) == (CASES - 1, 1)
        batches = ws.server._batches._batches.values()
        assert {batch["endpoint"] for batch in batches} == {"/v1/responses"}


def test_check_and_run_refuse_what_the_api_does_not_have(live: Any) -> None:
    """At the parameter's line, before any call."""
    with live(1, api="responses") as ws:
        prompt = (ws.root / "prompts/route/v1.py").read_text()
        ws.write("prompts/route/v1.py", prompt.replace("100}", '100, "seed": 7}'))
        found = ws.run("check", code=2)[0]
        assert "PE335 params: the Responses API has no 'seed'" in found and "prompts/route/v1.py:" in found
        ws.run("run", code=2)
        assert ws.server.stats["requests"] == 0
