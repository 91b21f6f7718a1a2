"""A service as a process of its own over the fake server, asked by plain sockets."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from prompteval.core.prediction import LogRecord, record_of_line
from prompteval.testing.server import FakeServer, Reply
from tests.forks import shared

ROUTE = """
from typing import Literal
from pydantic import BaseModel, Field
from prompteval import Prompt, system, user

class Inputs(BaseModel):
    message: str = Field(max_length=4096)
    channel: Literal["email", "chat"] = "email"

class Output(BaseModel):
    team: Literal["payments", "support"]

prompt = Prompt(
    inputs=Inputs, output=Output, params={"max_output_tokens": 100},
    messages=[system("Route a message of {{ channel }}."), user("{{ message }}")],
    description="Routes a message.",
)
"""
SAY = """
from pydantic import BaseModel
from prompteval import Prompt, user

class Inputs(BaseModel):
    message: str

prompt = Prompt(inputs=Inputs, output=str, messages=[user("{{ message }}")])
"""
REPLIES = [
    Reply("pay", output={"team": "payments"}),
    Reply("story", text="once upon a time"),
    Reply("nonsense", text="I do not know"),
    Reply("", output={"team": "support"}),
]
KEY = "sk-test-0123456789abcdef"
JSON = "content-type: application/json"


@dataclass(frozen=True)
class Answer:
    """One HTTP answer: its status, its headers by lower-case name, its body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Service:
    """A running `prompteval serve`; `events` are what it said on standard error once it has ended.

    `prose` are the lines there that are no events.
    """

    root: Path
    process: "subprocess.Popen[str]"
    port: int
    events: list[dict[str, Any]] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), 30)

    def raw(self, data: bytes) -> Answer | None:
        """The answer to bytes as they are; None where the connection is closed without one."""
        with self.connect() as connection:
            connection.sendall(data)
            return read_answer(connection)

    def request(self, method: str, path: str, body: bytes = b"", *headers: str) -> Answer:
        lines = [f"{method} {path} HTTP/1.1", "host: localhost", "connection: close", *headers]
        if method == "POST":
            lines.append(f"content-length: {len(body)}")
        found = self.raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        assert found is not None
        return found

    def get(self, path: str, *headers: str) -> Answer:
        return self.request("GET", path, b"", *headers)

    def post(self, path: str, body: Any, *headers: str) -> Answer:
        return self.request("POST", path, json.dumps(body).encode(), JSON, *headers)

    def ask(self, message: str = "pay", *headers: str, prompt: str = "route", **more: Any) -> Answer:
        return self.post(f"/v1/prompts/{prompt}", {"message": message, **more}, *headers)

    def metric(self, name: str, **labels: str) -> float:
        """The sum of the samples with these labels."""
        total = 0.0
        for line in self.get("/metrics").body.decode().splitlines():
            match = re.fullmatch(rf"{name}(?:{{(.*)}})? (\S+)", line)
            if match and all(f'{label}="{value}"' in (match[1] or "") for label, value in labels.items()):
                total += float(match[2])
        return total

    def ready(self) -> bool:
        return self.get("/readyz").status == 200

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        _, err = self.process.communicate(timeout=30)
        self.events += [json.loads(line) for line in err.splitlines() if line.startswith("{")]
        self.prose += [line for line in err.splitlines() if not line.startswith("{")]
        return self.process.returncode

    def event(self, name: str) -> list[dict[str, Any]]:
        return [one for one in self.events if one["event"] == name]

    def lines(self, name: str = "log.jsonl") -> list[LogRecord]:
        return [record_of_line(line) for line in (self.root / name).read_bytes().splitlines()]


def read_answer(connection: socket.socket) -> Answer | None:
    """One answer, read to the end of the connection or of its length."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers.get("content-length", -1))
    while length < 0 or len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            break
        body += piece
    return Answer(int(first.split()[1]), headers, body)


def write_workspace(root: Path, server: FakeServer, profile: str = "") -> None:
    """A workspace with `route` and `say`, both published, `route` in production."""
    files = {
        "prompteval.toml": f'default_model = "m"\n[models.m]\nmodel = "fake"\nbase_url = "{server.url}"\n'
        f'api_key_env = "FAKE_KEY"\n{profile}',
        "prompts/route/v1.py": ROUTE,
        "prompts/say/v1.py": SAY,
    }
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    run(root, "lock")
    run(root, "lock", "alias", "set", "production", "route@v1")


def run(root: Path, *arguments: str) -> None:
    done = shared().run(root, *arguments, env={"FAKE_KEY": KEY})
    assert done.code == 0, done.stderr


def start(
    root: Path, *arguments: str, env: dict[str, str] | None = None, wait: bool = True, apart: bool = False
) -> Service:
    """A service in a fork; `apart`, or with workers, in a process of its own."""
    program = (
        [sys.executable, "-m", "prompteval"] if apart or "--workers" in arguments else shared().command()
    )
    process = subprocess.Popen(
        [*program, "serve", "--port", "0", *arguments],
        cwd=root, env={**os.environ, "FAKE_KEY": KEY, **(env or {})},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise AssertionError(process.communicate()[1])
    service = Service(root, process, int(line.rpartition(":")[2]))
    until = time.monotonic() + 60
    while wait and not service.ready():
        assert time.monotonic() < until
        time.sleep(0.02)
    return service


@contextmanager
def serving(
    root: Path,
    *arguments: str,
    env: dict[str, str] | None = None,
    profile: str = "",
    apart: bool = False,
    **server: Any,
) -> Iterator[tuple[Service, FakeServer]]:
    """A service over a fake server, until the block ends."""
    with FakeServer(REPLIES, **server) as upstream:
        write_workspace(root, upstream, profile)
        service = start(root, *arguments, env=env, apart=apart)
        try:
            yield service, upstream
        finally:
            service.stop(signal.SIGKILL)


@pytest.fixture(scope="module")
def shared_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, FakeServer]]:
    """One service for tests that leave it as it was."""
    root = tmp_path_factory.mktemp("service")
    with serving(root, "--log", "log.jsonl", "--log-inputs", "full", "--max-body", "20kB") as found:
        yield found
