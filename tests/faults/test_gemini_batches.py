"""`--batch` with the Gemini API: sent with the requests inside, waited for, collected by the requests' keys."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import Live, make
from tests.hostile import Asked, Hostile, whole

CASES = 5
LATE = {"error": {"code": 4, "message": "Deadline exceeded", "status": "DEADLINE_EXCEEDED"}}
WRONG = {"error": {"code": 3, "message": "too long", "status": "INVALID_ARGUMENT"}}


class Batches:
    """Takes a batch, is under way for two looks, and then gives replies in another order, some changed."""

    def __init__(self, end: str = "SUCCEEDED", *, lost: bool = False, **replies: Any) -> None:
        self.requests: list[dict[str, Any]] = []
        self.lines: list[str] = []
        self.name = ""
        self._looks, self._end, self._lost, self._replies = 0, end, lost, replies

    def __call__(self, asked: Asked) -> Iterable[bytes]:
        line = asked.head.split("\r\n")[0]
        self.lines.append(line)
        if line.startswith("POST"):
            batch = json.loads(asked.body)["batch"]
            self.name, self.requests = batch["displayName"], batch["inputConfig"]["requests"]["requests"]
            return [] if self._lost else whole(json.dumps(self._state("PENDING")).encode())
        if "?pageSize" in line:
            other = {"name": "batches/other", "metadata": {"displayName": "prompteval elsewhere 0"}}
            page = {"operations": [other], "nextPageToken": "p/2"}
            page = {"operations": [self._state("RUNNING")]} if "pageToken=p" in line else page
            return whole(json.dumps(page).encode())
        self._looks += 1
        state = self._state(self._end if self._looks > 2 else "RUNNING")
        return whole(json.dumps(state).encode())

    def _state(self, state: str) -> dict[str, Any]:
        counts = {"requestCount": str(len(self.requests)), "pendingRequestCount": "1"}
        known = {"state": f"BATCH_STATE_{state}", "displayName": self.name, "batchStats": counts}
        batch: dict[str, Any] = {"name": "batches/b-1", "metadata": known}
        if state == "FAILED":
            return {**batch, "done": True, "error": {"code": 3, "message": "the model is gone"}}
        if state in ("PENDING", "RUNNING"):
            return batch
        replies = [self._reply(number, one) for number, one in enumerate(self.requests)]
        inlined = {"inlinedResponses": {"inlinedResponses": [one for one in reversed(replies) if one]}}
        return {**batch, "done": True, "response": inlined}

    def _reply(self, number: int, request: dict[str, Any]) -> Any:
        said = request["request"]["contents"][-1]["parts"][0]["text"]
        label = "payments" if "pay" in said else "support"
        content = {"role": "model", "parts": [{"text": json.dumps({"team": label})}]}
        usage = {"promptTokenCount": 9, "candidatesTokenCount": 4}
        answer = {"candidates": [{"content": content, "finishReason": "STOP"}], "usageMetadata": usage}
        reply = {"response": answer, "metadata": request["metadata"]}
        changed = self._replies.get(f"at{number}", {})
        return None if changed is None else {**reply, **changed} if "error" not in changed else {
            **changed, "metadata": request["metadata"]
        }  # fmt: skip


def workspace(tmp_path: Path, server: Hostile) -> Live:
    return make(tmp_path / "ws", server, CASES, provider="gemini")  # type: ignore[arg-type]


def test_a_run_by_batch(tmp_path: Path) -> None:
    """Each reply is found by its key; tokens count; a second run is from the cache."""
    served = Batches()
    with Hostile(served) as server:
        ws = workspace(tmp_path, server)
        result = ws.result("--batch")
        assert (result["metrics"]["accuracy"]["value"], result["cases"]["scored"]) == (1.0, CASES)
        assert result["usage"]["prompt_tokens"] == 9 * CASES
        assert ws.result("--batch")["usage"]["cached"] == CASES
    assert served.lines[0].startswith("POST /v1/models/fake:batchGenerateContent ")
    assert {"GET /v1/batches/b-1 HTTP/1.1"} == set(served.lines[1:]) and len(served.requests) == CASES


def test_replies_that_fail_or_are_missing_are_those_of_their_cases(tmp_path: Path) -> None:
    """A wrong request is an error; what was late or has no key is left for a resume; the others are scored."""
    served = Batches(at0=WRONG, at1=LATE, at2=None, at3={"metadata": {}})
    with Hostile(served) as server:
        result = workspace(tmp_path, server).result("--batch", code=3)
    counts = result["cases"]
    assert (counts["scored"], counts["errors"], counts["skipped"]) == (1, 1, 3)
    assert "too long" in " ".join(result["notes"])


@pytest.mark.parametrize("end", ["EXPIRED", "CANCELLED"])
def test_what_a_batch_that_ended_early_has_is_kept(tmp_path: Path, end: str) -> None:
    """The others are left for a resume."""
    served = Batches(end, at0=None, at1=None)
    with Hostile(served) as server:
        result = workspace(tmp_path, server).result("--batch", code=3)
    assert (result["cases"]["scored"], result["cases"]["skipped"]) == (CASES - 2, 2)


def test_a_batch_that_failed_says_why(tmp_path: Path) -> None:
    """In the server's words."""
    with Hostile(Batches("FAILED")) as server:
        out = workspace(tmp_path, server).run("run", "--batch", code=3)
    assert "batch b-1 failed: the model is gone" in "".join(out)


def test_a_start_whose_answer_was_lost_is_found_by_its_name(tmp_path: Path) -> None:
    """On another page of the list; nothing is sent twice."""
    served = Batches(lost=True)
    with Hostile(served) as server:
        ws = workspace(tmp_path, server)
        ws.run("run", "--batch", code=3)
        result = ws.result("--resume")
    assert result["cases"]["scored"] == CASES
    assert sum(line.startswith("POST") for line in served.lines) == 1
