"""`--batch` with Anthropic's message batches: sent, waited for, collected by the ids of the requests."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.faults.conftest import make
from tests.hostile import Asked, Hostile, whole

CASES = 5
USAGE = {"input_tokens": 9, "output_tokens": 4}


class Batches:
    """Takes batches, says twice that they are under way, and then gives results in another order."""

    def __init__(self, **results: Any) -> None:
        self.requests: list[dict[str, Any]] = []
        self.looks = 0
        self._results = results

    def __call__(self, asked: Asked) -> Iterable[bytes]:
        line = asked.head.split("\r\n")[0]
        if line.startswith("POST"):
            assert line == "POST /v1/messages/batches HTTP/1.1"
            self.requests = json.loads(asked.body)["requests"]
            return whole(json.dumps(self._state("in_progress")).encode())
        if "/results" in line:
            lines = [self._line(number, one) for number, one in enumerate(self.requests)]
            return whole("".join(f"{json.dumps(one)}\n" for one in reversed(lines)).encode())
        self.looks += 1
        return whole(json.dumps(self._state("ended" if self.looks > 2 else "in_progress")).encode())

    def _state(self, status: str) -> dict[str, Any]:
        count = len(self.requests)
        counts = {"processing": 0, "succeeded": count, "errored": 0, "canceled": 0, "expired": 0}
        if status != "ended":
            counts |= {"processing": count, "succeeded": 0}
        # An address elsewhere, which the key must not be sent to.
        return {
            "id": "msgbatch_1",
            "processing_status": status,
            "request_counts": counts,
            "results_url": "http://127.0.0.1:9/x",
        }

    def _line(self, number: int, request: dict[str, Any]) -> dict[str, Any]:
        said = request["params"]["messages"][-1]["content"]
        label = "payments" if "pay" in said else "support"
        message = {
            "content": [{"type": "text", "text": json.dumps({"team": label})}],
            "stop_reason": "end_turn",
            "usage": USAGE,
        }
        result = self._results.get(f"at{number}", {"type": "succeeded", "message": message})
        return {"custom_id": request["custom_id"], "result": result}


def test_a_run_by_message_batches(tmp_path: Path) -> None:
    """Each reply is found by the hash of its request; tokens count; a second run is from the cache."""
    served = Batches()
    with Hostile(served) as server:
        ws = make(tmp_path / "ws", server, CASES, provider="anthropic")  # type: ignore[arg-type]
        result = ws.result("--batch")
        assert (result["metrics"]["accuracy"]["value"], result["cases"]["scored"]) == (1.0, CASES)
        assert result["usage"]["prompt_tokens"] == 9 * CASES
        assert ws.result("--batch")["usage"]["cached"] == CASES
    assert len(served.requests) == CASES and served.looks == 3
    assert all(len(one["custom_id"]) == 64 and one["params"]["max_tokens"] == 100 for one in served.requests)


def test_requests_that_came_to_nothing_are_errors_of_their_cases(tmp_path: Path) -> None:
    """An error by its type; one that expired is left for a resume; the others are scored."""
    error = {"type": "error", "error": {"type": "invalid_request_error", "message": "too long"}}
    served = Batches(at1={"type": "errored", "error": error}, at2={"type": "expired"})
    with Hostile(served) as server:
        ws = make(tmp_path / "ws", server, CASES, provider="anthropic")  # type: ignore[arg-type]
        result = ws.result("--batch", code=3)
    counts = result["cases"]
    assert (counts["scored"], counts["errors"], counts["skipped"]) == (CASES - 2, 1, 1)
    assert "invalid_request_error: too long" in " ".join(result["notes"])
