"""Workspaces whose runs are on a cluster, and reports without what may differ."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

ANSWER = '''
import os
import time
from pathlib import Path

HERE = Path(__file__).parent


def reply(message: str) -> str:
    """The number of the message in words, wrong now and then; some messages do something beside."""
    with open(HERE / "calls.log", "a") as log:
        log.write(message + "\\n")
    kind, _, number = message.partition(" ")
    mark = HERE / ("did " + message)
    if kind != "say" and not mark.exists():
        mark.write_text("")
        if kind == "die":
            os.kill(os.getpid(), 9)
        time.sleep(0.05)
    return number if int(number) % 7 else "wrong"
'''
SUITE = """callable: "answer:reply"
cases: ../datasets/c.jsonl
scorers: [exact]
metrics: [accuracy]
slices: [part]
gate: [accuracy >= 0.8]
"""


def make(root: Path, cases: int, kind: Callable[[int], str] = lambda number: "say") -> Path:
    """A workspace with so many cases for a function; `kind` is the first word of a case's message."""
    lines = [
        {
            "id": f"c{n:05}",
            "inputs": {"message": f"{kind(n)} {n}"},
            "expected": str(n),
            "tags": {"part": "ab"[n % 2]},
        }
        for n in range(cases)
    ]
    for path, text in {
        "prompteval.toml": "", "answer.py": ANSWER, "evals/s.yaml": SUITE,
        "datasets/c.jsonl": "".join(json.dumps(line) + "\n" for line in lines),
    }.items():  # fmt: skip
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def calls(root: Path) -> list[str]:
    """Every call that was made, in the order they were."""
    return (root / "calls.log").read_text().splitlines()


def comparable(text: str) -> dict[str, Any]:
    """A run as JSON, but for its times, its id and what its calls used."""
    body = json.loads(text)
    text = json.dumps(body).replace(body["run_id"], "RUN")
    found: dict[str, Any] = json.loads(re.sub(r'"started": "[^"]*"', '"started": ""', text))
    for result in found["results"]:
        del result["usage"], result["timing"]
    return found


def rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a report, but for their times and the run's id."""
    found = [json.loads(line) for line in path.read_text().splitlines()]
    for row in found:
        for name in ("run_id", "latency_ms", "usage"):
            row.pop(name)
    return found
