"""`--stop-early` over a server that fails: what is decided is what an untroubled run decides."""

from typing import Any

import pytest

from prompteval.testing.server import Fault

QUOTA = Fault("status", 429, "insufficient_quota")
BROKEN = Fault("status", 400, "bad")
SAME = ("cases", "metrics", "gates", "stop_early", "slices", "notes")


@pytest.mark.parametrize(("at", "fault"), [(10, QUOTA), (10, BROKEN), (70, BROKEN)])
def test_a_resumed_run_stops_where_an_untroubled_one_does(live: Any, fault: Fault, at: int) -> None:
    """A run broken in its first or second portion, resumed: the numbers of the deciding prefix alone."""
    with live(300, server={"faults": [None] * at + [fault]}) as ws:
        suite = (ws.root / "evals/s.yaml").read_text()
        ws.write("evals/s.yaml", suite.replace("accuracy >= 0.5", "accuracy.low >= 0.75"))
        assert ws.result("--stop-early", "-j", "4", code=3)["cases"]["errors"] > 0
        found = ws.result("--resume")
        clean = ws.result("--stop-early", "--no-cache")
        assert clean["stop_early"]["cases"] == 120
        assert {name: found.get(name) for name in SAME} == {name: clean.get(name) for name in SAME}
