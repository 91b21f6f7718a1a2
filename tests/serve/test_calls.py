"""B19: what happens to a call when the model, the client or the service ends it."""

import json
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from prompteval.core.prediction import Prediction
from prompteval.testing.server import FakeServer, Fault
from tests.ended import until
from tests.serve.conftest import JSON, Service, read_answer, serving, start, write_workspace

FILTER = """
import time

def screen(stage, prompt, value):
    text = str(value)
    if "slow" in text:
        time.sleep(3)
    if "broken" in text:
        raise RuntimeError(text)
    if stage == "before" and "forbidden" in text:
        return "not here"
    if stage == "after" and "upon" in text:
        return "no stories"
"""


def _predictions(service: Service) -> list[Prediction]:
    return [one for one in service.lines() if isinstance(one, Prediction)]


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Fault("hang"), 504, "timeout"), (Fault("status", 500), 503, "server"), (Fault("reset"), 503, "connection"),
        (Fault("status", 429, "rate_limit_exceeded"), 503, "rate_limit"), (Fault("bad_json"), 503, "bad_response"),
        (Fault("status", 401, "invalid_api_key"), 503, "auth"),
    ],
)  # fmt: skip
def test_b19_a_model_that_fails_is_503_or_504_with_an_id(
    tmp_path: Path, fault: Fault, status: int, code: str
) -> None:
    """Within the deadline; the line of the log has the same id and says why."""
    with serving(
        tmp_path, "--timeout", "1", "--log", "log.jsonl", profile="max_attempts = 1\n", faults=[fault]
    ) as (service, _):
        started = time.monotonic()
        found = service.ask("pay")
        assert (found.status, found.json["code"]) == (status, code)
        assert time.monotonic() - started < 10
        service.stop()
        line = _predictions(service)[0]
        assert (line.request_id, line.outcome, line.error) == (found.json["request_id"], "error", code)


def test_b19_a_server_that_is_down_is_503_and_the_service_stays_ready(tmp_path: Path) -> None:
    """It was warm before; and comes up where the server is down, for that may pass."""
    with FakeServer([]) as gone:
        write_workspace(tmp_path, gone, "max_attempts = 1\n")
    service = start(tmp_path)
    try:
        found = service.ask("pay")
        assert (found.status, found.json["code"], service.ready()) == (503, "connection", True)
        assert found.headers["retry-after"] == "1"
    finally:
        service.stop()
    assert service.event("warm_up_failed")


def test_b19_a_deadline_cancels_the_upstream_call(tmp_path: Path) -> None:
    """The connection to the model's server is closed, so that it stops too."""
    with serving(tmp_path, "--timeout", "0.5", faults=[Fault("hang")]) as (service, upstream):
        assert service.ask("pay").status == 504
        until(lambda: upstream.stats["closed"] >= 1 and not upstream._hanging)
        assert service.ask("pay").status == 200


@pytest.mark.parametrize("accept", ["accept: application/json", "accept: text/event-stream"])
def test_b19_a_client_that_leaves_cancels_the_upstream_call(tmp_path: Path, accept: str) -> None:
    """It is counted, logged, and its place is free again."""
    with serving(tmp_path, "--log", "log.jsonl", "-j", "1", faults=[Fault("hang")]) as (service, upstream):
        body = b'{"message": "story"}'
        with service.connect() as client:
            head = f"POST /v1/prompts/say HTTP/1.1\r\nhost: localhost\r\n{JSON}\r\n{accept}\r\n"
            client.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
            until(lambda: upstream.stats["hang"] == 1)
        until(lambda: upstream.stats["closed"] >= 1 and not upstream._hanging)
        until(lambda: service.metric("prompteval_requests_in_flight") == 0)
        assert service.ask("story", prompt="say").status == 200
        service.stop()
        assert [(one.outcome, one.error) for one in _predictions(service)] == [
            ("error", "client_left"),
            ("ok", ""),
        ]


def test_b19_half_a_body_reaches_nobody(tmp_path: Path) -> None:
    """A client that leaves in the middle of its body has asked for nothing."""
    with serving(tmp_path, "--log", "log.jsonl") as (service, upstream):
        with service.connect() as client:
            client.sendall(
                f'POST /v1/prompts/route HTTP/1.1\r\nhost: localhost\r\n{JSON}\r\ncontent-length: 99\r\n\r\n{{"mess'.encode()
            )
        until(
            lambda: (
                service.metric("http_server_request_duration_seconds_count", http_response_status_code="499")
                == 1
            )
        )
        assert upstream.stats["requests"] == 0
        service.stop()
        assert service.lines() == []


def test_more_calls_than_may_run_are_refused_and_do_not_wait(tmp_path: Path) -> None:
    """429 with Retry-After at once; those that run are answered."""
    with serving(tmp_path, "-j", "4", latency_s=1.0) as (service, upstream):
        with ThreadPoolExecutor(16) as pool:
            started = time.monotonic()
            found = list(pool.map(lambda _: service.ask("pay"), range(16)))
        assert sorted(one.status for one in found) == [200] * 4 + [429] * 12
        assert {one.headers["retry-after"] for one in found if one.status == 429} == {"1"}
        assert upstream.stats["peak"] <= 4 and time.monotonic() - started < 5
        assert service.metric("prompteval_requests_refused_total", reason="busy") == 12


@pytest.mark.parametrize(
    ("message", "status", "outcome"), [("nonsense", 503, "invalid"), ("story", 503, "invalid")]
)
def test_a_reply_that_is_not_an_output_is_refused_and_logged(
    tmp_path: Path, message: str, status: int, outcome: str
) -> None:
    """The caller gets a problem, the log what the model said."""
    with serving(tmp_path, "--log", "log.jsonl") as (service, _):
        found = service.ask(message)
        assert (found.status, found.json["code"]) == (status, "json")
        service.stop()
        line = _predictions(service)[0]
        assert line.outcome == outcome and isinstance(line.output, str) and line.output


def test_filters_see_inputs_and_outputs(tmp_path: Path) -> None:
    """What one stops is 422 and logged as filtered; one that fails lets nothing through."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app/screens.py").write_text(FILTER)
    with serving(tmp_path, "--log", "log.jsonl", "--filter", "python:app.screens:screen") as (
        service,
        upstream,
    ):
        assert (service.ask("forbidden").status, upstream.stats["requests"]) == (422, 0)
        assert (service.ask("broken").status, upstream.stats["requests"]) == (503, 0)
        assert service.ask("story", prompt="say").status == 422
        found = service.ask("story", "accept: text/event-stream", prompt="say")
        assert (found.status, found.json["code"]) == (422, "filtered") and b"upon" not in found.body
        found = service.ask("hello", "accept: text/event-stream", prompt="say")
        assert found.status == 200 and found.body.count(b"event: text") == 1
        service.stop()
        outcomes = [one.outcome for one in _predictions(service)]
        assert outcomes == ["filtered", "error", "filtered", "filtered", "ok"]


@pytest.mark.slow
def test_a_slow_filter_holds_up_nobody_else(tmp_path: Path) -> None:
    """A plain function runs off the event loop."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app/screens.py").write_text(FILTER)
    with serving(tmp_path, "--filter", "python:app.screens:screen") as (service, _):
        slow = threading.Thread(target=service.ask, args=("slow",))
        slow.start()
        time.sleep(0.3)
        started = time.monotonic()
        assert service.get("/healthz").status == 200
        assert time.monotonic() - started < 2
        slow.join()


def test_sigterm_answers_what_runs_and_then_ends(tmp_path: Path) -> None:
    """The running request gets its answer, new connections none, the log is whole, exit 0."""
    with serving(tmp_path, "--log", "log.jsonl", latency_s=1.0) as (service, upstream):
        with ThreadPoolExecutor(4) as pool:
            running = [pool.submit(service.ask, "pay") for _ in range(4)]
            until(lambda: upstream.stats["requests"] == 4)
            service.process.send_signal(signal.SIGTERM)
            assert [one.result().status for one in running] == [200] * 4
        assert service.stop() == 0
        assert len(service.lines()) == 4 and service.event("stopped")
        with pytest.raises(OSError):
            service.connect()


def test_ctrl_c_ends_with_130_and_a_second_one_does_not_wait(tmp_path: Path) -> None:
    """As every verb does."""
    with serving(tmp_path, faults=[Fault("hang")]) as (service, upstream):
        client = threading.Thread(target=lambda: read_answer_or_none(service))
        client.start()
        until(lambda: upstream.stats["hang"] == 1)
        service.process.send_signal(signal.SIGINT)
        time.sleep(1.3)
        assert service.process.poll() is None
        started = time.monotonic()
        assert service.stop(signal.SIGINT) == 130 and time.monotonic() - started < 5
        client.join()


def read_answer_or_none(service: Service) -> None:
    with service.connect() as client:
        body = b'{"message": "pay"}'
        head = f"POST /v1/prompts/route HTTP/1.1\r\nhost: localhost\r\n{JSON}\r\ncontent-length: {len(body)}\r\n\r\n"
        client.sendall(head.encode() + body)
        with suppress(OSError):
            read_answer(client)


def test_nobody_is_answered_before_it_is_warm(tmp_path: Path) -> None:
    """`/healthz` at once, `/readyz` and prompts 503 until then (B19)."""
    with FakeServer([], faults=[]) as upstream:
        write_workspace(tmp_path, upstream)
        (tmp_path / "prompts/route/slow.txt").write_text("x")
        service = start(tmp_path, wait=False)
        try:
            seen = set()
            until(lambda: seen.add(service.get("/readyz").status) or 200 in seen)
            assert service.get("/healthz").status == 200 and seen <= {200, 503}
        finally:
            service.stop()
    assert json.dumps(service.event("ready")[0]["prompts"])
