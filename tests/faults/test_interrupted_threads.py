"""F43: Ctrl-C while a thread computes."""

import signal
import subprocess
import sys
import time

import pytest

from tests.small_workspace import Place

SLEEPS = (
    "import time, pathlib\n\ndef reply(message):\n    pathlib.Path('began').touch()\n    time.sleep(60)\n"
)


@pytest.mark.slow
def test_f43_twice_ends_at_once_while_a_thread_works(place: Place) -> None:
    """The run ends with 130 and its id; the thread that works on is not waited for."""
    place.write("app.py", SLEEPS)
    place.write(
        "evals/s.yaml",
        'callable: "app:reply"\ncases: ../datasets/c.jsonl\nscorers: [exact]\nmetrics: [accuracy]\n',
    )
    command = [sys.executable, "-m", "prompteval", "run"]
    with subprocess.Popen(command, cwd=place.root, stderr=subprocess.PIPE, text=True) as run:
        until = time.monotonic() + 60
        while not (place.root / "began").exists() and time.monotonic() < until:
            time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        time.sleep(0.5)
        started = time.monotonic()
        run.send_signal(signal.SIGINT)
        told = run.communicate(timeout=30)[1]
    assert time.monotonic() - started < 5 and run.returncode == 130, told
    assert "exit 130" in told and (place.root / ".prompteval").exists()
