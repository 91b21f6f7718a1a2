"""`prompteval view` in a process of its own, over a small workspace."""

import http.client
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.forks import shared
from tests.small_workspace import SUITE, Place
from tests.small_workspace import place as place


@dataclass(frozen=True, slots=True)
class Served:
    """A page that is served, and how to ask for what a browser never would."""

    address: str
    run_id: str
    root: Path

    @property
    def port(self) -> int:
        return urlsplit(self.address).port or 0

    @property
    def token(self) -> str:
        return self.address.partition("#token=")[2]

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, str]:
        """(status, text) of a request whose path is sent as it is; underscores of headers become dashes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.putrequest(method, path, skip_host="Host" in named, skip_accept_encoding=True)
        for name, value in named.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def api(self, path: str) -> Any:
        """The JSON of an address, with the token."""
        status, text = self.ask(f"/api{path}", X_Prompteval_Token=self.token)
        assert status == 200, text
        return json.loads(text)


def run_of(root: Path, *suites: str) -> str:
    """The id of a run in a process of its own: Playwright has a loop in this one."""
    done = shared().run(root, "run", "--json", *suites)
    assert done.code in (0, 1), done
    return str(json.loads(done.stdout)["run_id"])


def start(root: Path, *arguments: str) -> tuple[subprocess.Popen[str], str]:
    """The process, and the address that it printed."""
    command = [*shared().command(), "view", *arguments]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stderr is not None
    address = process.stdout.readline().strip()
    assert address.startswith("http://127.0.0.1:"), process.stderr.read()
    return process, address


@pytest.fixture
def served(place: Place, request: pytest.FixtureRequest) -> Iterator[Served]:
    """A run of two cases, one of which fails; arguments of `view` by indirect parameters."""
    place.write("evals/s.yaml", SUITE + "gate: [accuracy >= 0.25]\n")
    cases = place.root / "datasets/c.jsonl"
    first, second = (json.loads(line) for line in cases.read_text(encoding="utf-8").splitlines())
    cases.write_text("".join(json.dumps(one) + "\n" for one in (first, {**second, "expected": "bye"})))
    run_id = run_of(place.root)
    process, address = start(place.root, *getattr(request, "param", ()))
    yield Served(address, run_id, place.root)
    process.terminate()
    process.communicate(timeout=60)
