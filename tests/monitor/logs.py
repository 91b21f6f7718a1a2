"""Logs for tests: rows drawn from shares, with a seed, and written as `serve` writes them."""

import json
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from prompteval.core.prediction import Feedback, Prediction, record_line

START = 1_790_000_000.0
SHARES = {"billing": 0.4, "technical": 0.3, "general": 0.2, "escalate": 0.1}


def predictions(
    n: int,
    shares: Mapping[str, float] = SHARES,
    *,
    seed: int = 0,
    start: float = START,
    seconds: float = 86_400.0,
    errors: float = 0.0,
    slow: float = 0.0,
    length: float = 60.0,
    tags: Mapping[str, str] | None = None,
    **more: Any,
) -> list[Prediction]:
    """Rows spread evenly over `seconds`; a share of them fails, a share takes 5 s."""
    rng = random.Random(seed)
    rows = []
    for number in range(n):
        failed = rng.random() < errors
        message = "x" * max(int(rng.gauss(length, length / 5)), 1)
        output = {"intent": rng.choices(list(shares), list(shares.values()))[0]}
        fields: dict[str, Any] = {
            "time": start + number * seconds / n,
            "request_id": f"r{seed}-{number}",
            "prompt": "route_ticket@v1",
            "fingerprint": "sha256:" + "0" * 64,
            "model": "local/minilm",
            "outcome": "error" if failed else "ok",
            "output": None if failed else output,
            "latency_ms": 5000.0 if rng.random() < slow else round(rng.uniform(50, 150), 3),
            "inputs": {"message": message},
            "tags": dict(tags or {}),
        }
        rows.append(Prediction(**{**fields, **more}))
    return rows


def write_log(path: Path, records: Iterable[Prediction | Feedback]) -> str:
    """The path as text, once the records are lines of it."""
    path.write_text("".join(record_line(record) + "\n" for record in records))
    return str(path)


def write_config(path: Path, **signals: object) -> Path:
    """A monitor file of these signals; what is not a signal is beside them."""
    known = {"predictions", "inputs", "latency", "errors", "feedback"}
    body: dict[str, object] = {"signals": {name: one for name, one in signals.items() if name in known}}
    body |= {name: one for name, one in signals.items() if name not in known}
    path.write_text(json.dumps(body))
    return path
