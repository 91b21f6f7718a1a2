"""F1 to F18 and F35: what a provider can do to a run, over real sockets, with the figures asserted."""

import json
import time
import xml.etree.ElementTree as ElementTree
from itertools import pairwise
from typing import Any

import pytest

from prompteval.testing.server import FakeServer, Fault, FaultRates, Reply

SLOW = Fault("status", 429, "rate_limit_exceeded", {"retry-after-ms": "1500"})
QUOTA = Fault("status", 429, "insufficient_quota")


def test_f1_retry_after_is_waited_for_and_slows_the_siblings(live: Any) -> None:
    """Two 429 with 1500 ms: three attempts of the first case, no call for 1.5 s after each, one row."""
    with live(4, server={"faults": [SLOW, None, SLOW]}) as ws:
        started = time.monotonic()
        result = ws.result("-j", "1")
        assert time.monotonic() - started >= 3.0
        assert result["usage"]["attempts"] == 6 == ws.server.stats["requests"]
        assert result["cases"]["scored"] == 4
        with ws.store() as store:
            found = [(one[7], one[8]) for one in store.attempts(result["run_id"])]
        for (begun, outcome), (after, _) in pairwise(found):
            assert outcome == "ok" or after - begun >= 1.5


def test_f1_two_refusals_of_one_case_are_three_attempts(live: Any) -> None:
    """Twice 429, then 200: three attempts of one case, each wait at least 1.5 s, and one row."""
    with live(1, server={"faults": [SLOW, SLOW]}) as ws:
        usage = ws.result()["usage"]
        assert (usage["attempts"], usage["possibly_billed"]) == (3, 0)
        with ws.store() as store:
            found = list(store.attempts(store.run("last").run_id))
        assert [one[8] for one in found] == ["rate_limit", "rate_limit", "ok"]
        assert all(after[7] - begun[7] >= 1.5 for begun, after in pairwise(found))
        assert [row["outcome"] for row in ws.rows()] == ["ok"]


def test_f2_a_spent_quota_ends_the_run(live: Any) -> None:
    """No retry, no new call beyond those on their way; exit 3; the message names the quota."""
    with live(40, server={"faults": [QUOTA] * 40}) as ws:
        result = ws.result("-j", "4", code=3)
        assert "insufficient_quota" in result["reason"]
        assert ws.server.stats["requests"] <= 4
        assert result["usage"]["attempts"] == ws.server.stats["requests"]
        assert result["cases"]["skipped"] == 40 - result["cases"]["errors"]


def test_f3_a_long_wish_pauses_the_run_and_resume_goes_on(live: Any) -> None:
    """Retry-After 600 is not waited for: exit 3 at once, no row for the case, and the rest on resume."""
    wish = Fault("status", 429, "rate_limit_exceeded", {"retry-after": "600"})
    with live(6, server={"faults": [None, None, wish]}) as ws:
        started = time.monotonic()
        result = ws.result("-j", "1", code=3)
        assert time.monotonic() - started < 60  # a busy machine needs its time; the wish is 600 s
        assert "600 s and --max-wait is 60" in result["reason"]
        assert (ws.server.stats["requests"], result["cases"]["skipped"], result["cases"]["errors"]) == (
            3,
            4,
            0,
        )
        again = ws.result("--resume")
        assert (again["run_id"], again["cases"]["scored"]) == (result["run_id"], 6)
        assert ws.server.stats["requests"] == 7


def test_f3_a_wish_within_max_wait_is_waited_for(live: Any) -> None:
    """`--max-wait` decides."""
    wish = Fault("status", 429, "rate_limit_exceeded", {"retry-after": "2"})
    with live(1, server={"faults": [wish]}) as ws:
        assert ws.result("--max-wait", "1", "--no-cache", code=3)["cases"]["skipped"] == 1
        ws.server._faults.append(wish)
        started = time.monotonic()
        assert ws.result("--max-wait", "3")["usage"]["attempts"] == 2
        assert time.monotonic() - started >= 2


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("html", "bad_response"), ("error_body", "bad_response"), ("null_choices", "bad_response"),
        ("no_choices", "bad_response"), ("bad_json", "bad_response"), ("null_content", "empty"),
        ("tool_calls", "tool_calls_only"), ("reset", "connection"), ("cut", "connection"),
    ],
)  # fmt: skip
def test_f4_f5_f6_f10_broken_answers(live: Any, kind: Any, error: str) -> None:
    """Tried three times and not more, then an error of its kind with the body's start; exit 3."""
    with live(1, server={"faults": [Fault(kind)] * 9}, max_attempts=3) as ws:
        result = ws.result(code=3)
        assert (result["usage"]["attempts"], ws.server.stats["requests"]) == (3, 3)
        assert (result["cases"]["errors"], result["metrics"]["accuracy"]["value"]) == (1, 0.0)
        assert result["usage"]["possibly_billed"] == 3
        row = ws.rows()[0]
        assert (row["outcome"], row["error"].partition(":")[0]) == ("error", error)
        assert ws.attempts() == [("c0000", error)] * 3
        told = {
            "html": "not JSON",
            "error_body": "200 with an error",
            "null_content": "no content",
            "tool_calls": "only tool calls",
        }
        assert told.get(kind, "") in row["error"]
        if kind == "html":
            assert "<html>" in row["output"]


@pytest.mark.parametrize(
    ("kind", "outcome"), [("refusal", "refused"), ("length", "truncated"), ("filter", "filtered")]
)
def test_f7_f8_f9_endings_are_outcomes(live: Any, kind: Any, outcome: str) -> None:
    """Not tried again, not an error: counted apart, with the worst score."""
    with live(1, server={"faults": [Fault(kind)]}) as ws:
        result = ws.result(code=1)
        assert (result["cases"]["invalid"], result["usage"]["attempts"], ws.server.stats["requests"]) == (
            1,
            1,
            1,
        )
        assert result["notes"][0] == f"unusable outputs: 1 {outcome}"
        row = ws.rows()[0]
        assert row["outcome"] == outcome
        assert ("max_output_tokens" in row["error"]) == (kind == "length")
        if kind == "length":
            assert row["output"].startswith("{") and not row["output"].endswith("}")


def test_f7_a_refusal_can_be_what_is_wanted(live: Any) -> None:
    """A suite that scores `refusal` passes on a refusal and fails on an answer."""
    with live(1, server={"faults": [Fault("refusal")]}) as ws:
        text = (ws.root / "evals/s.yaml").read_text()
        ws.write("evals/s.yaml", text.replace("[{exact: {field: team}}]", "[refusal]"))
        assert ws.result()["metrics"]["accuracy"]["value"] == 1.0
        assert ws.result("--no-cache", code=1)["metrics"]["accuracy"]["value"] == 0.0


def test_f11_a_dripping_server_frees_its_slot(live: Any) -> None:
    """One byte in 50 ms against a deadline of 1 s: `timeout` at about 1 s, and the next case runs."""
    with live(2, server={"faults": [Fault("drip")]}, timeout_s=1.0, max_attempts=1) as ws:
        result = ws.result("-j", "1", code=3)
        assert result["timing"]["wall_s"] < 4  # the whole drip takes about twenty
        assert (result["cases"]["errors"], result["cases"]["scored"]) == (1, 1)
        first, second = ws.rows()
        assert first["error"].startswith("timeout: ")
        assert 1000 <= first["latency_ms"] < 2000
        assert second["outcome"] == "ok"


def test_f12_200_hanging_calls_end_at_their_deadline(live: Any) -> None:
    """A server that never answers: the run ends within deadline and grace, every socket closed."""
    with live(200, server={"faults": [Fault("hang")] * 200}, timeout_s=1.0, max_attempts=1) as ws:
        out, err = ws.run("run", "--json", "-q", "-j", "200", code=3)
        result = json.loads(out)["results"][0]
        assert result["timing"]["wall_s"] < 1.0 + 5.0
        assert "Task was destroyed" not in err and "Unclosed" not in err
        assert (result["cases"]["errors"], ws.server.stats["requests"]) == (200, 200)
        assert result["usage"]["possibly_billed"] == 200
        for _ in range(50):
            if ws.server.stats["closed"] == ws.server.stats["connections"]:
                break
            time.sleep(0.1)
        assert ws.server.stats["closed"] == ws.server.stats["connections"] >= 200


def test_f13_an_answer_that_comes_too_late_is_possibly_billed(live: Any) -> None:
    """Timeout, then success: one result, two attempts, and both are money."""
    price = {"input": 1.0, "output": 2.0}
    faults = [Fault("late", seconds=1.5)]
    with live(1, server={"faults": faults}, timeout_s=0.5, price=price) as ws:
        usage = ws.result()["usage"]
        assert (usage["attempts"], usage["possibly_billed"], ws.server.stats["requests"]) == (2, 1, 2)
        one = (40 * 1.0 + 3 * 2.0) / 1e6
        assert usage["cost_usd"] == usage["possible_cost_usd"] == pytest.approx(one)
        assert ws.attempts() == [("c0000", "timeout"), ("c0000", "ok")]
        assert len(ws.rows()) == 1


def test_f14_missing_usage_is_estimated_and_said(live: Any) -> None:
    """Tokens are counted here; the numbers are marked."""
    with live(1, server={"faults": [Fault("no_usage")]}, price={"input": 1.0, "output": 2.0}) as ws:
        usage = ws.result()["usage"]
        assert usage["tokens_estimated"]
        assert 10 < usage["prompt_tokens"] < 200
        assert usage["cost_usd"] > 0
        assert "≈" in ws.run("show", "last", code=0)[0]


def test_f15_absurd_usage_never_reaches_the_totals(live: Any) -> None:
    """Negative, textual and huge counts are replaced by our own count, and marked."""
    with live(1, server={"faults": [Fault("silly_usage")]}) as ws:
        result = ws.result()
        usage = result["usage"]
        assert usage["tokens_estimated"]
        assert any("reported no token counts, or impossible ones" in note for note in result["notes"])
        assert 0 < usage["prompt_tokens"] < 200
        assert 0 < usage["completion_tokens"] < 50


def test_f16_another_model_is_recorded_told_and_refused(live: Any) -> None:
    """Kept with its call and said in a note; `--strict-model` makes it exit 1."""
    with live(2, server={"faults": [Fault("other_model")] * 4}) as ws:
        result = ws.result()
        assert "the server answered with another model: another-model" in result["notes"]
        with ws.store() as store:
            rows = list(store.rows(result["run_id"]))
        assert [call.model_reported for row in rows for call in row.observation.calls] == [
            "another-model"
        ] * 2
        assert "--strict-model" in ws.result("--no-cache", "--strict-model", code=1)["reason"]


def test_f16_the_model_that_a_profile_names_is_no_other_model(live: Any) -> None:
    """The server answers under the name it was asked for, which is not the profile's own."""
    with live(1) as ws:
        result = ws.result("--strict-model")
        with ws.store() as store:
            (row,) = store.rows(result["run_id"])
        assert row.observation.calls[0].model_reported not in (None, result["model"])
        assert not [note for note in result.get("notes", ()) if "another model" in note]


def test_f17_strange_text_is_stored_and_exported_without_loss(live: Any) -> None:
    """A lone surrogate, NUL, escapes and 5 MB: lossless in JSONL, no raw ESC on the terminal, valid XML."""
    text = "\ud800 \x00 \x1b[31mred\x1b]52;c;x\x07 ]]> </script>" + "x" * 5_000_000
    with live(1, server={"rates": None}) as ws:
        ws.server._replies = (Reply("", text=text),)
        out, err = ws.run("run", "-o", "r.jsonl", "-o", "r.xml", code=1)
        row = json.loads((ws.root / "r.jsonl").read_text())
        assert row["output"] == text
        assert "\x1b" not in out + err + ws.run("show", "last", "--case", "c0000", code=0)[0]
        ElementTree.parse(ws.root / "r.xml")


JUDGE = """import json

def verdict(case, observation):
    return {"c0": float("nan"), "c1": float("1e999"), "c2": "7/5", "c3": "It is rather good.", "c4": 7}[case.inputs["message"][:2]]
"""


def test_f18_a_verdict_that_is_no_score_is_an_error_of_the_judge(live: Any) -> None:
    """NaN, 1e999, "7/5", prose, and 7 where 1 is most: failed with a reason, never a number and never null alone."""
    with live(0) as ws:
        lines = [
            {"id": f"c{i}", "inputs": {"message": f"c{i} pay"}, "expected": {"team": "payments"}}
            for i in range(5)
        ]
        ws.write("datasets/c.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
        ws.write("judge.py", JUDGE)
        text = (ws.root / "evals/s.yaml").read_text()
        ws.write(
            "evals/s.yaml",
            text.replace("{exact: {field: team}}", '{python: "judge:verdict"}').replace("accuracy", "mean"),
        )
        result = ws.result(code=3)
        metric = result["metrics"]["mean"]
        assert (metric["value"], metric["n"], metric["missing"]) == (None, 0, 5)
        for row in ws.rows():
            score = row["scores"]["verdict"]
            assert (score["value"], score["status"]) == (None, "failed")
            assert "the scorer returned" in score["reason"]


def test_f35_a_redirect_to_another_origin_is_not_followed(live: Any) -> None:
    """307 elsewhere: an error of the case, and the other server, which would get the key, sees no connection."""
    with FakeServer() as other, live(1, server={"faults": [None]}, max_attempts=2) as ws:
        ws.server._faults[:] = [Fault("redirect", location=f"{other.url}/chat/completions")] * 2
        assert ws.result(code=3)["cases"]["errors"] == 1
        assert "redirects are not followed" in ws.rows()[0]["error"]
        assert other.stats["connections"] == 0


def test_many_small_faults_lose_nothing(live: Any) -> None:
    """300 cases against 20 % faults by chance: each ends once, and attempts add up with the server's count."""
    rates = FaultRates(
        ((Fault("status", 429, "rate_limit_exceeded", {"retry-after-ms": "20"}), 0.05), (Fault("status", 500), 0.05),
         (Fault("reset"), 0.05), (Fault("bad_json"), 0.05)),
        seed=7,
    )  # fmt: skip
    with live(300, server={"rates": rates, "latency_s": 0.01}, max_attempts=8) as ws:
        result = ws.result("-j", "50")
        kinds = {"total": 300, "scored": 300, "errors": 0, "invalid": 0, "skipped": 0}
        assert result["cases"].items() >= kinds.items()
        assert result["usage"]["attempts"] == ws.server.stats["requests"] == len(ws.attempts())
        assert ws.server.stats["answer"] == 300
