"""The fake server under load: faults by chance, limits, honest counts, and batches."""

import json
import socket
import threading
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from prompteval.testing.server import BatchPlan, FakeServer, Fault, FaultRates, Reply

BODY = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}


def post(url: str, body: dict[str, Any] = BODY) -> tuple[int, dict[str, str]]:
    """(status, headers) of one call."""
    request = urllib.request.Request(
        f"{url}/chat/completions", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as reply:
            return reply.status, dict(reply.headers)
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers)


def test_faults_by_chance_are_seeded() -> None:
    """The same seed gives the same faults, at about their rates."""
    rates = FaultRates(((Fault("status", 503), 0.2), (Fault("html"), 0.1)), seed=3)
    drawn = [
        [fault.kind if fault else "answer" for fault in (d.next() for _ in range(2000))]
        for d in (rates.draws(), rates.draws())
    ]
    assert drawn[0] == drawn[1]
    counts = Counter(drawn[0])
    assert 350 < counts["status"] < 450
    assert 150 < counts["html"] < 250


def test_limits_turn_calls_away_and_are_counted() -> None:
    """Over `rpm`, and over `max_concurrent` at a time: 429, with the time to wait for where it is known."""
    with FakeServer(rpm=3, headers={"x-ratelimit-remaining-requests": "7"}) as server:
        found = [post(server.url) for _ in range(5)]
        assert [status for status, _ in found] == [200, 200, 200, 429, 429]
        assert 0 < int(found[3][1]["retry-after-ms"]) <= 60_001
        assert found[0][1]["x-ratelimit-remaining-requests"] == "7"
    with FakeServer(max_concurrent=4, latency_s=0.2) as server, ThreadPoolExecutor(8) as pool:
        statuses = Counter(status for status, _ in pool.map(lambda _: post(server.url), range(8)))
        assert statuses == {200: 4, 429: 4}
        assert (server.stats["requests"], server.stats["peak"]) == (8, 8)


def test_requests_on_one_connection_are_answered_in_turn() -> None:
    """Two requests sent at once, the second in two pieces."""
    raw = json.dumps(BODY).encode()
    request = b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: %d\r\n\r\n%b" % (len(raw), raw)
    with FakeServer([Reply("", text="ok")]) as server:
        port = int(server.url.split(":")[2].split("/")[0])
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(request + request[:20])
            threading.Timer(0.05, client.sendall, [request[20:]]).start()
            seen = b""
            while seen.count(b'"ok"') < 2:
                seen += client.recv(65536)
        assert server.stats["answer"] == 2


def test_batches_go_through_their_states() -> None:
    """Uploaded, created, looked at until it ends, and downloaded, through the openai package."""
    import openai

    lines = [
        json.dumps({"custom_id": f"k{i}", "method": "POST", "url": "/v1/chat/completions", "body": BODY})
        for i in range(5)
    ]
    with FakeServer([Reply("", text="ok")], batch=BatchPlan(polls=2, failing={1: 500})) as server:
        client = openai.OpenAI(base_url=server.url, api_key="k", max_retries=0)
        file = client.files.create(file=("b.jsonl", "\n".join(lines).encode()), purpose="batch")
        batch = client.batches.create(
            input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
        )
        states = [client.batches.retrieve(batch.id) for _ in range(3)]
        assert [state.status for state in states] == ["in_progress", "completed", "completed"]
        output, errors = states[1].output_file_id, states[1].error_file_id
        assert output is not None
        assert errors is not None
        done = [json.loads(line) for line in client.files.content(output).text.splitlines()]
        assert [line["custom_id"] for line in done] == ["k4", "k3", "k2", "k0"]
        assert json.loads(client.files.content(errors).text)["response"]["status_code"] == 500
        client.close()
