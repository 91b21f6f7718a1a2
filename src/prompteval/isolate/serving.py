"""The other side of `server_child`: opens what is served, tells its address, and ends with its parent."""

import json
import os
import select
import signal
import sys
from contextlib import suppress
from importlib import import_module
from typing import BinaryIO, Final

# How often it looks whether its parent is still there, where another process holds the pipe open.
LOOK_SECONDS: Final = 1.0
# After its deadline a start ends by itself, where the parent is stopped.
ALONE_SECONDS: Final = 1.0
# Characters of what a start raised: with escapes, less than the longest line that the parent reads.
LONGEST_ERROR: Final = 4_000


def main() -> None:
    """Serve until standard input closes. Ctrl-C is the parent's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()
    asked = json.loads(sys.stdin.buffer.readline())
    _end_with_input()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what native code prints is a line of the log
    signal.setitimer(signal.ITIMER_REAL, asked["seconds"] + ALONE_SECONDS)
    module, _, name = asked["function"].partition(":")
    try:
        opened = getattr(import_module(module), name)(**asked["settings"])
    except Exception as error:
        _tell(answers, {"error": f"{type(error).__name__}: {error}"[:LONGEST_ERROR]})
        return  # native code writes the rest of its log at an end in order
    signal.setitimer(signal.ITIMER_REAL, 0)
    _tell(answers, {"address": opened[1]})
    while os.getppid() == parent and not select.select([0], [], [], LOOK_SECONDS)[0]:
        pass
    os._exit(0)  # also while native threads run


def _tell(answers: BinaryIO, reply: dict[str, str]) -> None:
    with suppress(BrokenPipeError), answers:
        answers.write(json.dumps(reply).encode("ascii") + b"\n")


def _end_with_input() -> None:
    """From now on the system ends this process when its input closes, though native code keeps Python's lock.

    Linux does; elsewhere a start whose parent has ended is over when it serves or at its deadline.
    """
    with suppress(ImportError, AttributeError, OSError):
        import fcntl

        signal.signal(signal.SIGIO, signal.SIG_DFL)
        fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([0], [], [], 0)[0]:  # it closed before
        os._exit(0)
