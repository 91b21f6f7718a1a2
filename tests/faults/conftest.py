"""A workspace whose model is the fake server: real sockets, the real command line, faults on demand."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from prompteval.store.results import SqliteStore
from prompteval.testing.server import FakeServer, Reply
from tests.forks import shared
from tests.small_workspace import place as place

PROMPT = """
from typing import Literal
from pydantic import BaseModel
from prompteval import Prompt, system, user

class Inputs(BaseModel):
    message: str

class Output(BaseModel):
    team: Literal["payments", "support"]

prompt = Prompt(
    inputs=Inputs, output=Output, params={"max_output_tokens": 100},
    messages=[system("Route."), user("{{ message }}")],
)
"""
SUITE = """prompt: route
cases: ../datasets/c.jsonl
models: [m]
scorers: [{exact: {field: team}}]
metrics: [accuracy]
gate: [accuracy >= 0.5]
"""
REPLIES = [Reply("pay", output={"team": "payments"}), Reply("", output={"team": "support"})]
KEY = "sk-test-0123456789abcdef"


@dataclass(frozen=True)
class Live:
    """A workspace on disk, its server, and the command line run in it."""

    root: Path
    server: FakeServer

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def cases(self, count: int) -> None:
        """Written one by one: a test that measures memory must not hold them all."""
        (self.root / "datasets").mkdir(parents=True, exist_ok=True)
        with (self.root / "datasets" / "c.jsonl").open("w") as file:
            for i in range(count):
                inputs = {"message": f"{'pay' if i % 2 else 'help'} {i}"}
                expected = {"team": "payments" if i % 2 else "support"}
                file.write(json.dumps({"id": f"c{i:04}", "inputs": inputs, "expected": expected}) + "\n")

    def profile(self, **more: Any) -> None:
        values = {"model": "fake", "base_url": self.server.url, "api_key_env": "FAKE_KEY", **more}
        lines = [f"{name} = {json.dumps(value)}" for name, value in values.items() if name != "price"]
        if "price" in more:
            lines.append(f"price = {{ {', '.join(f'{k} = {v}' for k, v in more['price'].items())} }}")
        self.write("prompteval.toml", "[models.m]\n" + "\n".join(lines) + "\n")

    def start(
        self, *arguments: str, env: dict[str, str] | None = None, **options: Any
    ) -> subprocess.Popen[str]:
        """A process of its own, for what is killed or measured while it runs."""
        return subprocess.Popen(
            [sys.executable, "-m", "prompteval", *arguments],
            cwd=self.root,
            env={**os.environ, "NO_COLOR": "1", "FAKE_KEY": KEY, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def run(self, *arguments: str, code: int, env: dict[str, str] | None = None) -> tuple[str, str]:
        """(stdout, stderr) of `prompteval ARGUMENTS`, whose exit code must be that."""
        given = {"NO_COLOR": "1", "FAKE_KEY": KEY, **(env or {})}
        done = shared().run(self.root, *arguments, env=given, deadline_s=120.0, memory=None)
        assert "Traceback" not in done.stderr, done.stderr
        assert done.code == code, f"exit {done.code}\n{done.stdout}\n{done.stderr}"
        return done.stdout, done.stderr

    def result(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """The only entry of `run --json`, with the run's reason and id."""
        body = json.loads(self.run("run", "--json", "-q", *arguments, code=code)[0])
        assert body["exit_code"] == code
        return {**body["results"][0], "reason": body["reason"], "run_id": body["run_id"]}

    def rows(self) -> list[dict[str, Any]]:
        """The rows of the last run, as exported."""
        self.run("report", "last", "-o", "rows.jsonl", code=0)
        return [json.loads(line) for line in (self.root / "rows.jsonl").read_text().splitlines()]

    @contextmanager
    def store(self) -> Iterator[SqliteStore]:
        store = SqliteStore.open(self.root / ".prompteval" / "results.sqlite", readonly=True)
        try:
            yield store
        finally:
            store.close()

    def attempts(self) -> list[tuple[str, str | None]]:
        """(case id, outcome) of every attempt of the last run, in order."""
        with self.store() as store:
            return [(one[4], one[8]) for one in store.attempts(store.run("last").run_id)]


def make(root: Path, server: FakeServer, cases: int, **profile: Any) -> Live:
    """A workspace of so many cases over a server; a case in two is `payments`."""
    live = Live(root, server)
    live.write("prompts/route/v1.py", PROMPT)
    live.write("evals/s.yaml", SUITE)
    live.cases(cases)
    live.profile(**profile)
    return live


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Any]:
    """`with live(cases, profile..., server={...}) as workspace`."""

    @contextmanager
    def opened(cases: int = 1, server: dict[str, Any] | None = None, **profile: Any) -> Iterator[Live]:
        with FakeServer(REPLIES, **(server or {})) as running:
            yield make(tmp_path / "ws", running, cases, **profile)

    yield opened
