"""F20 and F21: a run never spends more than it may."""

import json
from typing import Any

import pytest

PRICE = {"input": 10.0, "output": 1000.0}
RESERVED = 0.1005  # at most: 100 tokens of reply at 1000 USD per million, and about 50 of prompt
SPENT = (40 * 10 + 3 * 1000) / 1e6


def test_f20_max_cost_is_a_hard_stop_that_counts_reservations(live: Any) -> None:
    """50 calls at a time on 0.50 USD: never more than four reserved at once, exit 3, and resumable."""
    with live(60, server={"latency_s": 0.1}, price=PRICE) as ws:
        result = ws.result("-j", "50", "--max-cost", "0.5", code=3)
        assert "--max-cost 0.5 is reached" in result["reason"]
        assert ws.server.stats["peak"] == 4
        assert result["usage"]["cost_usd"] == pytest.approx(result["cases"]["scored"] * SPENT)
        assert result["usage"]["cost_usd"] <= 0.5
        assert result["cases"]["errors"] == 0
        done = result["cases"]["scored"]
        again = ws.result("-j", "50", "--resume-run", result["run_id"])
        assert (again["cases"]["scored"], ws.server.stats["requests"]) == (60, 60)
        assert done < 60


def test_f20_a_resumed_run_counts_what_it_spent_before(live: Any) -> None:
    """The limit is for the run, not for each time it is started."""
    with live(200, price=PRICE) as ws:
        result = ws.result("-j", "1", "--max-cost", "0.3", code=3)
        first = result["cases"]["scored"]
        assert 50 <= first <= 62
        again = ws.result("-j", "1", "--max-cost", "0.3", "--resume", code=3)
        assert again["cases"]["scored"] <= first + 1
        assert again["usage"]["cost_usd"] <= 0.3


@pytest.mark.parametrize("arguments", [["--max-cost", "0.1"]])
def test_f21_an_unknown_price_is_refused_before_the_first_call(live: Any, arguments: list[str]) -> None:
    """Exit 2, no call, no run stored; the message says how to set a price."""
    with live(5) as ws:
        _, err = ws.run("run", *arguments, code=2)
        assert "the price of m is not known" in err
        assert "price =" in err
        assert ws.server.stats["connections"] == 0
        assert ws.run("runs", code=0)[0] == ""


def test_an_unknown_price_is_null_and_never_0(live: Any) -> None:
    """The tokens are there, the money is not."""
    with live(2) as ws:
        usage = ws.result()["usage"]
        assert (usage["prompt_tokens"], usage["cost_usd"]) == (80, None)


def test_cached_replies_cost_nothing(live: Any) -> None:
    """The second run is free, and reserves nothing."""
    with live(5, price=PRICE) as ws:
        assert ws.result()["usage"]["cost_usd"] == pytest.approx(5 * SPENT)
        usage = ws.result("--max-cost", "0")["usage"]
        assert (usage["cost_usd"], usage["cached"], usage["attempts"]) == (0.0, 5, 0)


def test_dry_run_tells_calls_tokens_and_money(live: Any) -> None:
    """Nothing is sent or stored; what the cache knows already is not counted as a call."""
    with live(6, price=PRICE) as ws:
        told = json.loads(ws.run("run", "--dry-run", "--json", code=0)[0])
        entry = told["entries"][0]
        assert (entry["calls"], entry["cached"], entry["completion_tokens_at_most"]) == (6, 0, 600)
        assert 6 * 20 < entry["prompt_tokens"] < 6 * 120
        assert entry["cost_usd_at_most"] == pytest.approx((entry["prompt_tokens"] * 10 + 600 * 1000) / 1e6)
        assert ws.server.stats["connections"] == 0
        ws.run("run", "--limit", "4", code=0)
        told = json.loads(ws.run("run", "--dry-run", "--json", code=0)[0])
        assert (told["total"]["calls"], told["total"]["cached"]) == (2, 4)
        assert "2 calls, 4 cached" in ws.run("run", "--dry-run", code=0)[0]


def test_runs_are_removed_with_sizes_before_and_after(live: Any) -> None:
    """`runs rm` and `runs prune`: what goes, what stays, and that the files shrink, cache included."""
    with live(400) as ws:
        first = ws.result()["run_id"]
        second = ws.result("--no-cache")["run_id"]
        third = ws.result("--limit", "3")["run_id"]
        assert f"{second} would be removed" in ws.run("runs", "rm", second, "--dry-run", code=0)[0]
        told = json.loads(ws.run("runs", "rm", second, "--json", code=0)[0])
        assert told["run_ids"] == [second]
        assert told["bytes_after"]["results"] < told["bytes_before"]["results"]
        assert told["bytes_after"]["cache"] == told["bytes_before"]["cache"] > 100_000
        out, _ = ws.run("runs", "prune", "--keep", "1", "--cache", code=0)
        assert f"{first} removed" in out
        assert "removed: runs 1, replies 400; results" in out
        assert json.loads(ws.run("runs", "--json", code=0)[0])[0]["run_id"] == third
        assert "needs --keep or --older-than" in ws.run("runs", "prune", code=2)[1]
        assert "no run matches 'nope'" in ws.run("runs", "rm", "nope", code=2)[1]


def test_a_gate_on_cost_reads_what_the_calls_cost(live: Any) -> None:
    """Cheap enough passes, too dear fails, an unknown price never passes; gating again reads the same."""
    with live(4, price=PRICE) as ws:
        text = (ws.root / "evals" / "s.yaml").read_text()
        suite = text.replace("gate: [accuracy >= 0.5]\n", "gate:\n")
        ws.write("evals/s.yaml", f"{suite}  - cost_usd <= 5\n")
        cost = ws.result()["usage"]["cost_usd"]
        assert cost > 0
        ws.write("evals/s.yaml", f"{suite}  - cost_usd <= {cost / 2}\n")
        assert "misses <=" in ws.run("gate", "last", code=1)[0]
        ws.write("evals/s.yaml", f"{suite}  - cost_usd <= {cost * 2}\n")
        assert "meets <=" in ws.run("gate", "last", code=0)[0]
        ws.profile()
        assert "cost_usd is undefined: the price is not known" in ws.run("run", "--no-cache", code=1)[0]


def test_f20_a_side_of_a_comparison_that_ran_out_of_money_decides_nothing(live: Any) -> None:
    """Each side may spend as much; what was not run leaves the comparison incomplete, exit 3."""
    with live(60, price=PRICE) as ws:
        prompt = (ws.root / "prompts" / "route" / "v1.py").read_text()
        ws.write("prompts/route/v2.py", prompt.replace("Route.", "Route well."))
        out, _ = ws.run("compare", "route@v1", "-q", "--max-cost", "0.12", code=3)
        assert "incomplete" in out and "--max-cost 0.12 is reached" in out
        assert ws.server.stats["requests"] < 60
        (line,) = ws.run("compare", "route@v1", "-q", code=0)[0].splitlines()
        assert len(line) < 120 and line.endswith("accuracy 1 to 1 (exit 0)")
