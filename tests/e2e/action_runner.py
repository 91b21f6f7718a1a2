"""A runner of GitHub's actions, and a GitHub with the comments of one pull request, on this machine."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from tests.forks import shared

ROOT = Path(__file__).resolve().parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
# Installing is the one step that needs a package index; the tests run what is installed already.
SHELL = [step for step in STEPS if "run" in step and step["id"] != "install"]
HEAD, BASE = (f"github.event.pull_request.{side}.repo.full_name" for side in ("head", "base"))
EVENT = {"github.event.pull_request.number": "7", HEAD: "acme/prompts", BASE: "acme/prompts"}
EXPRESSION = re.compile(r"\$\{\{ ([\w.-]+) \}\}")


class GitHub(ThreadingHTTPServer):
    """The comments of one pull request, as GitHub's API gives and takes them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.comments: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.status = 200

    def add(self, login: str, body: str) -> dict[str, Any]:
        comment = {"id": len(self.comments) + 1, "user": {"login": login}, "body": body}
        self.comments.append(comment)
        return comment


class _Handler(BaseHTTPRequestHandler):
    server: GitHub

    def _answer(self) -> None:
        path, _, query = self.path.partition("?")
        self.server.calls.append(f"{self.command} {path}")
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        assert self.headers["Authorization"] == "Bearer t0ken"
        answer: Any = {}
        if self.server.status == 200 and self.command == "GET":
            page = int(dict(part.split("=") for part in query.split("&"))["page"])
            answer = self.server.comments[(page - 1) * 100 : page * 100]
        elif self.server.status == 200 and self.command == "POST":
            answer = self.server.add("github-actions[bot]", body["body"])
        elif self.server.status == 200:
            answer = self.server.comments[int(path.rsplit("/", 1)[1]) - 1]
            answer["body"] = body["body"]
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    do_GET = do_POST = do_PATCH = _answer

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@dataclass
class Runner:
    """One job: the files and variables a runner gives, and what the steps left."""

    directory: Path
    github: GitHub
    temp: Path
    inputs: dict[str, str] = field(default_factory=dict)
    event: dict[str, str] = field(default_factory=lambda: {**EVENT})
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    log: str = ""

    def value(self, text: str) -> str:
        known = {f"inputs.{name}": str(given["default"]) for name, given in ACTION["inputs"].items()}
        known["inputs.token"] = "t0ken"
        known |= {f"inputs.{name}": value for name, value in self.inputs.items()} | self.event
        known["github.action_path"] = str(ROOT)
        known |= {f"steps.{i}.outputs.{n}": v for i, found in self.outputs.items() for n, v in found.items()}
        return EXPRESSION.sub(lambda match: known.get(match[1], ""), text)

    def run(self, **inputs: str) -> int:
        """Every shell step in turn, as a runner does it; the exit code of the step that ended it."""
        self.inputs, self.outputs, self.log = inputs, {}, ""
        summary, output = self.temp / "summary.md", self.temp / "output"
        for step in SHELL:
            condition = step.get("if", "inputs.x == ''").split(" == ")
            if self.value("${{ " + condition[0] + " }}") != condition[1].strip("'"):
                continue
            output.write_text("")
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=self.directory / self.value(step.get("working-directory", ".")),
                env={
                    **{name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")},
                    "PATH": f"{self._bin()}:{os.environ['PATH']}",
                    "GITHUB_ACTIONS": "true",
                    "GITHUB_OUTPUT": str(output),
                    "GITHUB_STEP_SUMMARY": str(summary),
                    "GITHUB_API_URL": f"http://127.0.0.1:{self.github.server_port}",
                    "GITHUB_REPOSITORY": "acme/prompts",
                    "RUNNER_TEMP": str(self.temp),
                    **{name: self.value(text) for name, text in step.get("env", {}).items()},
                },
                capture_output=True,
                text=True,
                timeout=120,
            )
            self.log += done.stdout + done.stderr
            self.outputs[step["id"]] = read_outputs(output.read_text())
            if done.returncode:
                return done.returncode
        return 0

    def from_fork(self) -> None:
        self.event[HEAD] = "mallory/prompts"

    def _bin(self) -> Path:
        """`prompteval` and `python` of the code under test, and nothing else of its environment."""
        directory = self.temp / "bin"
        if not directory.exists():
            directory.mkdir()
            shared().program(directory / "prompteval")
            (directory / "python").symlink_to(sys.executable)
        return directory

    @property
    def report(self) -> dict[str, str]:
        return self.outputs["report"]


def read_outputs(text: str) -> dict[str, str]:
    """`name=value` lines and `name<<mark` blocks, as the runner reads them."""
    blocks = re.compile(r"^([\w-]+)<<(\w+)\n(.*?)\n?\2\n", re.MULTILINE | re.DOTALL)
    found = {match[1]: match[3] for match in blocks.finditer(text)}
    return found | dict(line.split("=", 1) for line in blocks.sub("", text).splitlines())


def git(directory: Path, *arguments: str) -> None:
    who = ("-c", "user.name=n", "-c", "user.email=n@example.org")
    subprocess.run(["git", *who, *arguments], cwd=directory, check=True, capture_output=True, timeout=60)


def origin(root: Path) -> None:
    """A repository on main, whose base branch is what is there now."""
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "base")
    git(root, "update-ref", "refs/remotes/origin/main", "HEAD")
