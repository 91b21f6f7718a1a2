"""A child process that serves: it starts within its deadline, says how it ended, and ends with its parent."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from prompteval.core.errors import DeadlineExceeded
from prompteval.isolate.server_child import End, ServerChild, ServerEnded, ServerRefused, passed
from tests.ended import is_gone, until
from tests.open_files import no_more_files

SERVED = """
import ctypes, os, signal, sys

def serve(word):
    print("printed")
    return object(), word + " " + str(os.getpid())

def refuse_at_length(word):
    raise ValueError(word * 200_000)

def tell_at_length(word):
    return object(), word * 200_000

def refuse(word):
    sys.stderr.write("first line\\nsecond line\\n")
    raise ValueError(word)

def crash(word):
    sys.stderr.write(word + "\\n")
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGSEGV)

def hold_lock(word):
    open(word, "w").write(str(os.getpid()))
    ctypes.PyDLL(None).sleep(600)  # a PyDLL keeps Python's lock
"""


@pytest.fixture(autouse=True)
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "served_here.py").write_text(SERVED)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def start(name: str, word: str = "x", seconds: float = 60.0) -> str:
    async def run() -> str:
        child = await ServerChild.start(f"served_here:{name}", {"word": word}, timeout_s=seconds)
        assert child.is_running and not is_gone(child.pid)
        await child.aclose()
        await child.aclose()
        assert not child.is_running and is_gone(child.pid)
        return child.address

    return asyncio.run(run())


def test_it_serves_until_it_is_closed() -> None:
    """Its address is what the function gave, and nothing that it prints; closed twice."""
    assert start("serve", "here").startswith("here ")


def test_what_cannot_be_opened_says_why() -> None:
    """The exception and what was written before it."""
    with pytest.raises(ServerRefused, match="ValueError: no such thing") as raised:
        start("refuse", "no such thing")
    assert raised.value.log == ["first line", "second line"]


def test_a_crash_has_its_signal_and_last_lines() -> None:
    """Not that a pipe was closed."""
    with pytest.raises(ServerEnded, match="ended by SIGSEGV; its last lines: an assertion failed"):
        start("crash", "an assertion failed")


def test_what_cannot_be_opened_may_say_it_at_length() -> None:
    """The beginning is told, and in place of an answer that is too long, that it was one."""
    with pytest.raises(ServerRefused, match="ValueError: xxx"):
        start("refuse_at_length")
    with pytest.raises(ServerEnded, match="gave an answer that cannot be read"):
        start("tell_at_length")


def test_one_that_the_system_does_not_start_is_an_error_of_ours() -> None:
    """As where too many files are open."""

    async def run() -> None:
        with no_more_files(), pytest.raises(ServerEnded, match="was not started: Too many open files"):
            await ServerChild.start("served_here:serve", {"word": "x"}, timeout_s=60.0)

    asyncio.run(run())


def test_an_end_says_how() -> None:
    """A code, a signal by its name, and what the system does where memory is short."""
    assert str(End(3, [])) == "ended with exit code 3"
    assert str(End(-6, list("abcd"))) == "was ended by SIGABRT; its last lines: b | c | d"
    assert str(End(-9, [])) == "was ended by SIGKILL, as for want of memory"


def test_a_start_that_keeps_the_lock_ends_at_its_deadline(tmp_path: Path) -> None:
    """While the event loop of this process goes on; nothing is left."""
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    async def run() -> None:
        ticking = asyncio.create_task(tick())
        with pytest.raises(DeadlineExceeded):
            await ServerChild.start("served_here:hold_lock", {"word": str(tmp_path / "pid")}, timeout_s=3.0)
        ticking.cancel()

    asyncio.run(run())
    assert ticks > 20 and is_gone(int((tmp_path / "pid").read_text() or 0))


PARENT = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from prompteval.isolate.server_child import ServerChild
async def run():
    child = await ServerChild.start("served_here:" + sys.argv[2], {"word": sys.argv[3]}, timeout_s=300)
    print(child.address, flush=True)
    await asyncio.sleep(300)
asyncio.run(run())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the system ends a process by its pipe on Linux")
def test_it_ends_with_its_parent_while_it_keeps_the_lock(tmp_path: Path) -> None:
    """Also where the parent is killed, so that it cannot close anything."""
    told = tmp_path / "pid"
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path), "hold_lock", str(told)]) as parent:
        until(lambda: told.exists() and told.read_text() != "")
        pid = int(told.read_text())
        assert not is_gone(pid)
        parent.kill()
    until(lambda: is_gone(pid))


def test_it_ends_with_its_parent_while_it_serves(tmp_path: Path) -> None:
    """As above."""
    command = [sys.executable, "-c", PARENT, str(tmp_path), "serve", "here"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline().split()[1])
        parent.send_signal(signal.SIGKILL)
    until(lambda: is_gone(pid))


def test_it_sees_no_key() -> None:
    """Only where programs are, and how computing libraries are set."""
    found = {"PATH": "/bin", "OPENAI_API_KEY": "sk-1", "CUDA_VISIBLE_DEVICES": "1", "HF_TOKEN": "x"}
    assert passed({**found, "PYTHONPATH": os.curdir}) == {"PATH": "/bin", "CUDA_VISIBLE_DEVICES": "1"}
