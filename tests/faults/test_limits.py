"""Limits of models over real sockets: kept, adapted to, and each model's own."""

import json
from itertools import pairwise
from typing import Any

from prompteval.testing.server import FakeServer, Reply


def test_a_server_that_bears_less_is_adapted_to(live: Any) -> None:
    """It takes 10 at a time and is asked for 60: every case is done, with few calls turned away."""
    with live(400, server={"max_concurrent": 10, "latency_s": 0.02}, max_attempts=20) as ws:
        result = ws.result("-j", "60")
        assert result["cases"]["scored"] == 400
        assert ws.server.stats["status"] < 200
        assert result["usage"]["attempts"] == ws.server.stats["requests"]


def test_requests_a_minute_are_never_passed(live: Any) -> None:
    """The profile says 30 a minute, and the server counts: 25 go at once, and none is turned away."""
    with live(25, server={"rpm": 30}, rpm=30) as ws:
        assert ws.result("-j", "20")["usage"]["attempts"] == 25
        assert ws.server.stats["status"] == 0


def test_a_server_that_says_it_has_nothing_left_is_left_alone(live: Any) -> None:
    """`x-ratelimit-remaining-requests: 0` with a reset in 300 ms: no call before that."""
    headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "300ms"}
    with live(4, server={"headers": headers}) as ws:
        ws.result("-j", "1")
        with ws.store() as store:
            begun = [one[7] for one in store.attempts(store.run("last").run_id)]
        assert all(after - before >= 0.3 for before, after in pairwise(begun))


def test_a_slow_model_does_not_hold_up_another(live: Any) -> None:
    """Two models at once, one with 600 ms a call at one a time: the other starts with it and ends first."""
    replies = [Reply("pay", output={"team": "payments"}), Reply("", output={"team": "support"})]
    with (
        live(6, server={"latency_s": 0.6}, max_concurrency=1) as ws,
        FakeServer(replies, latency_s=0.3) as other,
    ):
        first = (ws.root / "prompteval.toml").read_text()
        second = first.replace("models.m", "models.n").replace(ws.server.url, other.url)
        ws.write("prompteval.toml", first + second)
        body = json.loads(ws.run("run", "--json", "-q", "--model", "m", "--model", "n", code=0)[0])
        assert [entry["cases"]["scored"] for entry in body["results"]] == [6, 6]
        with ws.store() as store:
            seen = [(one[7], one[3]) for one in store.attempts(store.run("last").run_id)]
        of_m, of_n = ([begun for begun, model in seen if model == name] for name in ("m", "n"))
        assert of_n[0] < of_m[1]
        assert of_n[-1] < of_m[-1]
