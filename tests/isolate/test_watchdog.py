"""A process that ends another which no longer says that it is alive."""

import signal
import subprocess
import sys
import time

import pytest

CHILD = """
import signal, sys, time
from prompteval.isolate.watchdog import Watchdog
watchdog = Watchdog(1.0)
watchdog.beat("the work")
print("begun", flush=True)
if sys.argv[1] == "beats":
    for _ in range(8):
        time.sleep(0.25)
        watchdog.beat("the work")
    watchdog.close()
elif sys.argv[1] == "silent":
    time.sleep(60)
print("ended", flush=True)
"""


def start(what: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, what], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(
    ("what", "code", "told"),
    [("beats", 0, ""), ("ends", 0, ""), ("silent", 3, "error: the work has held the interpreter lock for 1 s")],
)  # fmt: skip
def test_only_a_silent_process_is_ended(what: str, code: int, told: str) -> None:
    """One that beats, or ends by itself, is not; the message names what was said last."""
    with start(what) as process:
        out, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert err.startswith(told) and bool(err) == bool(told)
    assert ("ended" in out) == (code == 0)


@pytest.mark.skipif(sys.platform != "linux", reason="what a process does is read from /proc")
def test_a_stopped_process_is_given_its_time() -> None:
    """Stopped for longer than the silence that is allowed, it continues when it is continued."""
    with start("beats") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGSTOP)
        time.sleep(2)
        process.send_signal(signal.SIGCONT)
        assert process.wait(30) == 0
