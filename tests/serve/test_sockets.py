"""Whom a running service talks to: every connection, name and address that its processes ask the system for."""

import json
import signal
from pathlib import Path
from typing import Any

from tests.ended import until
from tests.serve.conftest import run, serving, start

# Read by the interpreter of every process of the service before anything else.
HOOK = """
import json, os, sys

WATCHED = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.bind", "socket.sendto")

def note(event, args):
    if event in WATCHED or event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"):
        said = [str(one) for one in args if not event.startswith("socket.") or not hasattr(one, "fileno")]
        with open(os.environ["SEEN"], "a") as file:
            file.write(json.dumps([event, said]) + "\\n")

sys.addaudithook(note)
"""


def _seen(file: Path) -> list[Any]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_s24_a_service_connects_to_its_model_and_to_nobody_else(tmp_path: Path) -> None:
    """Through answers, a stream, feedback, failures, metrics and a reload; it listens at one address."""
    hook, file = tmp_path / "hook", tmp_path / "seen.jsonl"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(HOOK)
    file.touch()
    root = tmp_path / "workspace"
    root.mkdir()
    env = {"PYTHONPATH": str(hook), "SEEN": str(file)}
    with serving(root, "--workers", "2", "--log", "log.jsonl", env=env, apart=True) as (service, upstream):
        until(lambda: service.metric("prompteval_workers_ready") == 2)
        assert [service.ask(text).status for text in ("pay", "help", "nonsense")] == [200, 200, 503]
        assert service.ask("story", "accept: text/event-stream", prompt="say").status == 200
        found = service.ask("pay").json["request_id"]
        assert service.post("/v1/feedback", {"request_id": found, "label": "payments"}).status in (200, 202)
        assert service.ask(prompt="nobody").status == 404
        run(root, "lock", "alias", "set", "staging", "route@v1")
        service.process.send_signal(signal.SIGHUP)
        until(lambda: service.metric("prompteval_reloads_total", result="done") >= 2)
        assert service.stop() == 0
        port, own = upstream.url.split(":")[2].split("/")[0], service.port
    seen = _seen(file)
    connected = {said[0] for event, said in seen if event == "socket.connect"}
    assert connected == {f"('127.0.0.1', {port})"}
    assert {said[0] for event, said in seen if event == "socket.getaddrinfo"} <= {"127.0.0.1"}
    assert {said[0] for event, said in seen if event == "socket.bind"} == {"('127.0.0.1', 0)"}, own
    others = ("socket.gethostbyname", "socket.sendto", "subprocess.Popen", "os.system", "os.exec")
    assert [event for event, _ in seen if event in others] == []


def test_s24_the_watch_sees_a_connection_elsewhere(tmp_path: Path) -> None:
    """A prompt's module that connects is in the list: the test before this one can fail."""
    hook, file = tmp_path / "hook", tmp_path / "seen.jsonl"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(HOOK)
    file.touch()
    root = tmp_path / "workspace"
    root.mkdir()
    with serving(root) as (other, _):
        out = f"import socket; socket.create_connection(('127.0.0.1', {other.port})).close()\n"
        (root / "prompts/say/v2.py").write_text(out + (root / "prompts/say/v1.py").read_text())
        env = {"PYTHONPATH": str(hook), "SEEN": str(file)}
        service = start(root, "say@v2", "--unpublished", env=env, apart=True)
        service.stop()
        assert ["socket.connect", [f"('127.0.0.1', {other.port})"]] in _seen(file)
