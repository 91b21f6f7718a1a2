"""`--record` over a run that was broken off: the recording of the whole, or a word on what it lacks."""

import time
from typing import Any

import pytest

from prompteval.testing.server import Fault

QUOTA = Fault("status", 429, "insufficient_quota")


def replayed(ws: Any) -> int:
    return int(ws.result("--replay", "r.jsonl", "--offline", "--no-cache")["usage"]["replayed"])


@pytest.mark.parametrize("cache", ["--cache", "--no-cache"])
def test_a_resumed_run_adds_to_its_recording(live: Any, cache: str) -> None:
    """What the first part recorded stays, and the whole replays without a network."""
    with live(12, server={"faults": [None] * 5 + [QUOTA]}) as ws:
        ws.result("-j", "1", cache, "--record", "r.jsonl", code=3)
        assert len((ws.root / "r.jsonl").read_text().splitlines()) == 5
        ws.result("--resume", cache, "--record", "r.jsonl")
        assert len((ws.root / "r.jsonl").read_text().splitlines()) == 12
        assert replayed(ws) == 12


def test_what_a_killed_run_had_not_written_comes_from_the_cache(live: Any) -> None:
    """kill -9 before any recording is written: the resumed run writes all of it."""
    with live(20, server={"latency_s": 0.2}) as ws:
        process = ws.start("run", "-q", "-j", "5", "--record", "r.jsonl")
        while ws.server.stats["requests"] < 13:
            time.sleep(0.01)
        process.kill()
        process.communicate()
        assert not (ws.root / "r.jsonl").exists()
        ws.result("--resume", "--record", "r.jsonl")
        assert replayed(ws) == 20


def test_what_is_known_nowhere_is_said(live: Any) -> None:
    """A first part without cache and recording: the count is told, since a replay would be stale."""
    with live(12, server={"faults": [None] * 5 + [QUOTA]}) as ws:
        ws.result("-j", "1", "--no-cache", code=3)
        _, err = ws.run("run", "--resume", "--no-cache", "--record", "r.jsonl", code=0)
        assert "5 replies of the run's first part are not known any more" in err
