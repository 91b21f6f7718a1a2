"""Two processes with one model file at once."""

import subprocess
import sys
from pathlib import Path

from tests.providers.gguf.test_gguf import runs
from tests.providers.gguf.tiny import write_tiny

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
