"""Two processes with one model file at once."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ended import is_gone, until
from tests.providers.gguf.test_gguf import runs
from tests.providers.gguf.tiny import write_tiny
from tests.small_workspace import Place

ASK = """
import asyncio, sys
from pathlib import Path
from prompteval.core.request import Message, Request
from prompteval.providers.gguf import create
from prompteval.workspace.settings import ModelProfile

async def ask():
    path = Path(sys.argv[1])
    model = create(path.name, ModelProfile("m", "gguf", path.name, max_concurrency=1, timeout_s=120.0), path.parent)
    request = Request("gguf/m", (Message("user", "hi"),), {"temperature": 0.0, "max_output_tokens": 6}, seed=7)
    found = await model.complete(request)
    print(repr(found.text), model.identity, flush=True)
    sys.stdin.read()  # until the other one has answered too
    await model.aclose()

asyncio.run(ask())
"""


def test_each_answers_for_itself(tmp_path: Path) -> None:
    """The same text, the same identity, listeners of their own; both end."""
    runs()
    path = write_tiny(tmp_path / "tiny.gguf")
    command = [sys.executable, "-c", ASK, str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as one, subprocess.Popen(command, **pipes) as other:  # type: ignore[call-overload]
        said = [process.stdout.readline() for process in (one, other)]
        for process in (one, other):
            process.communicate(timeout=60)
    assert said[0] == said[1] != "" and (one.returncode, other.returncode) == (0, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="what a process started is read from /proc")
def test_ctrl_c_leaves_no_process(place: Place) -> None:
    """Of a run that is loading or asking a model, in the terminal's group of processes."""
    runs()
    write_tiny(place.root / "tiny.gguf")
    cases = ({"id": f"c{number}", "inputs": {"message": "a"}, "expected": "b"} for number in range(1000))
    place.write("datasets/c.jsonl", "".join(json.dumps(case) + "\n" for case in cases))
    command = [
        sys.executable,
        "-m",
        "prompteval",
        "run",
        "--model",
        "gguf/tiny.gguf",
        "--no-cache",
        "-j",
        "8",
    ]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=place.root, start_new_session=True, **silent) as run:  # type: ignore[call-overload]
        found: list[int] = []
        until(lambda: bool(found.extend(serving(run.pid)) or found))
        os.killpg(run.pid, signal.SIGINT)
        assert run.wait(60) == 130
    until(lambda: all(map(is_gone, found)))


def serving(parent: int) -> list[int]:
    """The processes of models that a process has started."""
    lists = Path(f"/proc/{parent}/task").glob("*/children")
    children = [Path(f"/proc/{pid}/cmdline") for file in lists for pid in file.read_text().split()]
    return [
        int(file.parts[2]) for file in children if file.exists() and b"isolate.serving" in file.read_bytes()
    ]
