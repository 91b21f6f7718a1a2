"""Answers of servers, mutated in their values, their heads and their bytes."""

import json
import re
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import yaml

from tests.fuzz.attempt import Attempt
from tests.fuzz.mutate import hostile, lines_mutated, mutated, spoilt, utf8, written
from tests.fuzz.oracle import CHECK_CODES, RUN_CODES
from tests.fuzz.replies import http
from tests.hostile import Asked

# So many answers go to the cases of one run, each of which may only spoil its own.
CALLS = 40
_ERROR = {"error": {"message": "slow down", "type": "requests", "param": None, "code": "rate_limit_exceeded"}}
_STATUSES = ("201 X", "204 No Content", "400 Bad", "401 No", "403 No", "404 No", "429 Slow", "500 Oops", "503 Busy",
             "307 Elsewhere", "999 What", "101 Switching")  # fmt: skip
_HEADERS = ("Retry-After: 9e999", "Retry-After: -1", "retry-after-ms: NaN", "Content-Encoding: gzip", "Content-Encoding: br",
            "Transfer-Encoding: chunked", "Location: http://127.0.0.1:9/", "X-Request-Id: \x1b[31m", "Content-Length: 3",
            "x-ratelimit-remaining-tokens: x", "Content-Type: text/html; charset=klingon", "Set-Cookie: a=b")  # fmt: skip


def serve_profile(on: Attempt) -> None:
    """The profile `priced` asks the hostile server, once and not long."""
    lines = [
        'default_model = "scripted/models/good.jsonl"',
        "[models.priced]",
        'model = "fake-large"',
        'api_key_env = "FIXTURE_KEY"',
    ]
    lines += [f'base_url = "{on.server.url}"', "max_attempts = 1", "timeout_s = 5"]
    on.write("prompteval.toml", "\n".join(lines) + "\n")


def completion(text: Any) -> dict[str, Any]:
    """A whole chat completion."""
    token = {"token": "x", "logprob": -0.5, "bytes": [120], "top_logprobs": []}
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "finish_reason": "stop", "message": message, "logprobs": {"content": [token]}}
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 3,
        "total_tokens": 12,
        "prompt_tokens_details": {"cached_tokens": 1},
    }
    return {
        "id": "x", "object": "chat.completion", "created": 1, "model": "fake-large", "choices": [choice], "usage": usage,
        "system_fingerprint": "fp",
    }  # fmt: skip


def _answer(on: Attempt, whole: Mapping[str, Any]) -> bytes:
    """An HTTP answer, mutated in its values, its head or its bytes; or a body of the corpus."""
    rng = on.rng
    data = on.from_corpus(".json")
    if on.given is not None and data is not None:
        return http(data)
    if data is None:
        data = utf8(written(mutated(whole, rng, rng.choice((0, 1, 2)))))
        data = spoilt(data, rng) if rng.random() < 0.15 else data
    status = rng.choice(_STATUSES) if rng.random() < 0.2 else "200 OK"
    if not status.startswith("2") and rng.random() < 0.7:
        data = utf8(written(mutated(_ERROR, rng, rng.choice((0, 1, 2)))))
    answer = http(data, status, *rng.sample(_HEADERS, rng.choice((0, 0, 0, 1))))
    return spoilt(answer, rng) if rng.random() < 0.05 else answer


def _said(on: Attempt) -> Any:
    """What a model may say where an object with a team is wanted."""
    team = {"team": "payments"}
    return on.rng.choice((json.dumps(team), written(mutated(team, on.rng)), str(hostile(on.rng)), None))


def _many_cases(on: Attempt, count: int) -> None:
    """A case for each answer."""
    case = {"inputs": {"message": "x"}, "expected": {"team": "payments"}}
    lines = [json.dumps({"id": f"c{i}", **case}) for i in range(count)]
    on.write("datasets/route.jsonl", "\n".join(lines) + "\n")
    on.inputs += count


def replies(on: Attempt) -> None:
    """Answers of a chat server: cases end in errors, the run continues."""
    answers = [_answer(on, completion(_said(on))) for _ in range(on.times(CALLS))]
    on.server.give(answers)
    serve_profile(on)
    _many_cases(on, len(answers))
    on.run(
        "run",
        "-q",
        "-j1",
        "paid",
        "--max-wait=0",
        "-ox.jsonl",
        "-ox.xml",
        "-ox.md",
        "-ox.html",
        codes=RUN_CODES,
    )
    on.run("show", "last", "--worst=5", codes=CHECK_CODES)


def endpoints(on: Attempt) -> None:
    """Answers of an application behind a URL."""
    answers = [_answer(on, {"reply": {"team": "payments"}, "usage": {}}) for _ in range(on.times(CALLS))]
    on.server.give(answers)
    _many_cases(on, len(answers))
    endpoint = {"url": on.server.url, "output": on.rng.choice(("", "reply", "reply.team"))}
    suite = {"endpoint": endpoint, "cases": "../datasets/route.jsonl", "scorers": ["normalised"]}
    on.write("evals/m.yaml", json.dumps(suite))
    on.run("run", "-q", "-j1", "m", "-ox.jsonl", "-ox.csv", "-ox.md", codes=RUN_CODES)


def retrievers(on: Attempt) -> None:
    """Answers of a retriever, and of a server of embeddings."""
    rng = on.rng
    if on.given.name.startswith("hits") if on.given else rng.random() < 0.5:
        whole: dict[str, Any] = {
            "hits": [{"id": "apples.md", "score": 1.5}, {"id": "pears.md", "score": 0.5}]
        }
        part: Any = {"endpoint": on.server.url, "timeout_s": 5}
    else:
        rows = [
            {"object": "embedding", "index": i, "embedding": [0.1 * i, 0.2, 0.3]}
            for i in range(rng.choice((1, 3)))
        ]
        whole = {
            "object": "list",
            "data": rows,
            "model": "e",
            "usage": {"prompt_tokens": 4, "total_tokens": 4},
        }
        part = {"kind": "dense", "model": "priced"}
    answers = [_answer(on, whole) for _ in range(on.times(8))]
    on.inputs += len(answers)
    on.server.give(answers)
    serve_profile(on)
    raw = yaml.safe_load(on.text("evals/desk.yaml"))
    raw["rag"] |= {"retriever": part, "chunker": "none", "modes": ["retrieval"]}
    raw["metrics"] = ["retrieval.recall@5"]
    del raw["prompt"], raw["gate"]
    on.write("evals/m.yaml", json.dumps(raw))
    on.run("run", "-q", "-j1", "m", "-ox.md", codes=RUN_CODES)


def batches(on: Attempt) -> None:
    """Answers of a Batch API: the file, the batch, and the lines of its results."""
    rng, ids = on.rng, list[str]()
    file = {"id": "f", "object": "file", "bytes": 1, "created_at": 1, "filename": "x", "purpose": "batch"}
    counts = {"total": 18, "completed": 18, "failed": 0}
    batch = {
        "id": "b",
        "object": "batch",
        "status": "completed",
        "output_file_id": "o",
        "request_counts": counts,
    }
    batch |= {"error_file_id": None, "metadata": {}, "errors": {"object": "list", "data": []}}
    spoils = None if on.given else rng.choice(("file", "batch", "lines", "lines", "lines"))

    def whole(name: str, value: dict[str, Any]) -> bytes:
        return utf8(written(mutated(value, rng, rng.choice((1, 2))) if spoils == name else value))

    def answer(asked: Asked) -> bytes:
        path = asked.head.split(" ", 2)[1]
        if path.endswith("/files"):
            ids.extend(found.decode() for found in re.findall(rb'"custom_id":"([^"]+)"', asked.body))
            return http(whole("file", file))
        if path.endswith("/content"):
            given = on.from_corpus(".jsonl")
            return http(given or _results(on, ids, lines_mutated if spoils == "lines" else None))
        return http(whole("batch", batch))

    on.server.make(answer)
    serve_profile(on)
    on.inputs += 1
    on.run("run", "-q", "paid", "--batch", "--no-cache", codes=RUN_CODES)


def _results(on: Attempt, ids: list[str], spoil: Callable[[str, Random], bytes] | None) -> bytes:
    """The lines of results for the requests of these ids."""
    answered = {"status_code": 200, "request_id": "q", "body": completion('{"team": "payments"}')}
    lines = [json.dumps({"id": "r", "custom_id": one, "response": answered, "error": None}) for one in ids]
    text = "\n".join(lines) + "\n"
    return spoil(text, on.rng) if spoil else text.encode()
