"""A loaded prompt under load: calls from eight threads and from one event loop, beside what the model takes.

    .venv/bin/python benchmarks/application/measure.py [calls]

The model is a fake server in this process that answers each call after 0.2 s. The limit of eight threads is
calls / 8 × 0.2 s, that of one loop 0.2 s.
"""

import asyncio
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import prompteval
from prompteval.testing.server import FakeServer

LATENCY_S = 0.2
THREADS = 8
PROMPT = """
from pydantic import BaseModel
from prompteval import Prompt, user

class Inputs(BaseModel):
    message: str

prompt = Prompt(inputs=Inputs, output=str, messages=[user("{{ message }}")])
"""


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 320
    texts = [f"m{number}" for number in range(count)]
    os.environ["FAKE_KEY"] = "sk-test"
    with tempfile.TemporaryDirectory() as name, FakeServer(latency_s=LATENCY_S) as server:
        root = Path(name)
        (root / "prompts/echo").mkdir(parents=True)
        (root / "prompts/echo/v1.py").write_text(PROMPT)
        profile = f'[models.m]\nmodel = "fake"\nbase_url = "{server.url}"\napi_key_env = "FAKE_KEY"\n'
        (root / "prompteval.toml").write_text(profile)
        call = prompteval.load("echo", model="m", workspace=root)
        call(message="warm")

        async def many() -> list[Any]:
            return await asyncio.gather(*(call.acall(message=text) for text in texts))

        print(f"{count} calls of {LATENCY_S} s\n\n| calls | limit s | s | wrong answers |\n|---|---|---|---|")
        with ThreadPoolExecutor(THREADS) as pool:
            started = time.perf_counter()
            found = list(pool.map(lambda text: call(message=text), texts))
            elapsed = time.perf_counter() - started
        row(f"sync, {THREADS} threads", count / THREADS * LATENCY_S, elapsed, found, texts)
        for turn in ("first", "second", "third"):
            started = time.perf_counter()
            found = asyncio.run(many())
            row(f"async, {turn} loop", LATENCY_S, time.perf_counter() - started, found, texts)
        call.close()


def row(name: str, limit: float, elapsed: float, found: list[Any], wanted: list[str]) -> None:
    wrong = sum(one != other for one, other in zip(found, wanted, strict=True))
    print(f"| {name} | {limit:.1f} | {elapsed:.2f} | {wrong} |")


if __name__ == "__main__":
    main()
