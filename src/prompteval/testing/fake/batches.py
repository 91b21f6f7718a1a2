"""The Batch API of the fake server: files, batches, and their results."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from prompteval.testing.fake.answers import error_body

Answer = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """How batches go: ready after so many looks; which lines fail; how many are done before expiry.

    `failing` maps the number of a line, from 0, to the HTTP status it ends with. `expire_after` None means
    that no batch expires; else only so many lines are done, and the batch ends as `expired`. Where
    `lose_start` is set, a batch begins and the answer that names it is a 500.
    """

    polls: int = 1
    failing: Mapping[int, int] = field(default_factory=dict)
    expire_after: int | None = None
    lose_start: bool = False


class Batches:
    """Files and batches by id, as the paths under `/v1` see them."""

    def __init__(self, plan: BatchPlan, answer: Answer) -> None:
        self.plan = plan
        self._answer = answer
        self.files: dict[str, bytes] = {}
        self._batches: dict[str, dict[str, object]] = {}
        self._looks: dict[str, int] = {}

    def handle(self, method: str, path: str, content_type: str, body: bytes) -> tuple[int, Any]:
        """(status, body as JSON values or raw bytes) for a path under /files or /batches."""
        parts = path.partition("?")[0].strip("/").split("/")
        if parts[0] == "files":
            return self._file(method, parts[1:], content_type, body)
        if method == "POST" and len(parts) == 1:
            made = self._create(json.loads(body))
            return (500, error_body("the answer is lost", "server_error")) if self.plan.lose_start else made
        if len(parts) == 1:
            return 200, self._list(path.partition("?")[2])
        batch = self._batches.get(parts[1]) if len(parts) > 1 else None
        if batch is None:
            return 404, error_body("no such batch", "not_found")
        if method == "POST" and parts[-1] == "cancel":
            batch["status"] = "cancelled"
            return 200, batch
        return 200, self._look(batch)

    def _file(self, method: str, parts: list[str], content_type: str, body: bytes) -> tuple[int, Any]:
        if method == "POST":
            number = f"file-{len(self.files) + 1}"
            self.files[number] = _uploaded(content_type, body)
            return 200, _file_object(number, len(self.files[number]))
        if not parts or parts[0] not in self.files:
            return 404, error_body("no such file", "not_found")
        if method == "DELETE":
            del self.files[parts[0]]
            return 200, {"id": parts[0], "object": "file", "deleted": True}
        if parts[-1] == "content":
            return 200, self.files[parts[0]]
        return 200, _file_object(parts[0], len(self.files[parts[0]]))

    def _create(self, wanted: dict[str, Any]) -> tuple[int, Any]:
        lines = self.files.get(wanted["input_file_id"], b"").splitlines()
        number = f"batch_{len(self._batches) + 1}"
        self._looks[number] = 0
        self._batches[number] = {
            "id": number, "object": "batch", "endpoint": wanted["endpoint"], "status": "validating",
            "input_file_id": wanted["input_file_id"], "completion_window": wanted["completion_window"],
            "created_at": 1, "output_file_id": None, "error_file_id": None,
            "metadata": wanted.get("metadata"), "errors": None,
            "request_counts": {"total": len(lines), "completed": 0, "failed": 0},
        }  # fmt: skip
        return 200, self._batches[number]

    def _list(self, query: str) -> dict[str, Any]:
        """The newest first, at most `limit` behind the one called `after`."""
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        newest = list(reversed(self._batches.values()))
        ids = [batch["id"] for batch in newest]
        start = ids.index(asked["after"]) + 1 if "after" in asked else 0
        end = start + int(asked.get("limit", 20))
        return {"object": "list", "data": newest[start:end], "has_more": end < len(newest)}

    def _look(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Each look brings a batch further."""
        if batch["status"] not in ("validating", "in_progress"):
            return batch
        self._looks[batch["id"]] += 1
        if self._looks[batch["id"]] < self.plan.polls:
            batch["status"] = "in_progress"
        else:
            self._finish(batch)
        return batch

    def _finish(self, batch: dict[str, Any]) -> None:
        done: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for number, line in enumerate(self.files[batch["input_file_id"]].splitlines()):
            asked = json.loads(line)
            limit = self.plan.expire_after
            status = self.plan.failing.get(number)
            if limit is not None and number >= limit:
                error = {"code": "batch_expired", "message": "This request was not executed in time."}
                failed.append(_result(asked, None, error))
            elif status is not None:
                response = {
                    "status_code": status,
                    "request_id": "r",
                    "body": error_body("a chosen fault", "fault"),
                }
                failed.append(_result(asked, response, None))
            else:
                body = self._answer(asked["body"])
                done.append(_result(asked, {"status_code": 200, "request_id": "r", "body": body}, None))
        batch["status"] = "expired" if self.plan.expire_after is not None else "completed"
        batch["request_counts"].update(completed=len(done), failed=len(failed))
        batch["output_file_id"] = self._store(done)
        batch["error_file_id"] = self._store(failed)

    def _store(self, lines: list[dict[str, object]]) -> str | None:
        """The results come in another order than they were asked for, as the real ones may."""
        if not lines:
            return None
        number = f"file-{len(self.files) + 1}"
        self.files[number] = "".join(json.dumps(line) + "\n" for line in reversed(lines)).encode()
        return number


def _result(asked: dict[str, object], response: object, error: object) -> dict[str, Any]:
    return {"id": "batch_req", "custom_id": asked["custom_id"], "response": response, "error": error}


def _file_object(number: str, size: int) -> dict[str, Any]:
    return {
        "id": number, "object": "file", "bytes": size, "created_at": 1, "filename": "batch.jsonl",
        "purpose": "batch", "status": "processed",
    }  # fmt: skip


def _uploaded(content_type: str, body: bytes) -> bytes:
    """The content of the part called `file` of a multipart form."""
    boundary = re.search(r'boundary="?([^";]+)', content_type)
    for part in body.split(b"--" + (boundary[1].encode() if boundary else b"")):
        name, _, content = part.partition(b"\r\n\r\n")
        if b'name="file"' in name:
            return content.removesuffix(b"\r\n")
    return b""
