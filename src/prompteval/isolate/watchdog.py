"""A small process that ends this one when nothing in it runs any more.

Native code that keeps Python's lock, such as a regular expression that backtracks for ever, stops every
thread of the process: no deadline inside it can ring, and Ctrl-C is not seen.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys

STEP_SECONDS = 0.25
# It counts steps of its own clock, so that a process that was stopped or suspended is given its time.
_CHILD = """
import os, select, signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
seconds, step, parent, silent, words = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), 0.0, b""
def stopped():
    try:
        with open(f"/proc/{parent}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] in "Tt"
    except OSError:
        return False
while silent < seconds:
    if select.select([0], [], [], step)[0]:
        words, silent = os.read(0, 65536), 0.0
        if not words:
            sys.exit()
    elif not stopped():
        silent += step
last = words.rstrip(b"\\n").rpartition(b"\\n")[2].decode("utf-8", "replace")
sys.stderr.write(f"error: {last} has held the interpreter lock for {seconds:g} s, so no deadline can end it;"
                 " the process is stopped\\n")
sys.stderr.flush()
os.kill(parent, signal.SIGQUIT)
time.sleep(2)
os.kill(parent, signal.SIGKILL)
"""


class Watchdog:
    """Ends this process `seconds` after the last `beat`; `close` before that ends it.

    The process ends with exit code 3, what it was to write is as at any kill.
    """

    def __init__(self, seconds: float) -> None:
        arguments = (str(seconds), str(STEP_SECONDS), str(os.getpid()))
        self._process: subprocess.Popen[bytes] | None = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", "-c", _CHILD, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        if self._process.stdin is not None:
            os.set_blocking(self._process.stdin.fileno(), False)  # a beat that finds no room is not missed
        self._before = _leave_at_quit()

    def beat(self, message: str) -> None:
        """Say that this process is alive; `message` names what may block it next."""
        process = self._process
        if process is not None and process.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                os.write(process.stdin.fileno(), " ".join(message.split()).encode()[:2000] + b"\n")

    def close(self) -> None:
        """Send it away. Safe to call twice."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            process.wait()
            _signal(signal.SIGQUIT, self._before)


def _leave_at_quit() -> int | None:
    """Make SIGQUIT end the process by the C library alone; what it did before.

    Python's own handlers need the lock. `_exit` gets the signal's number, 3, which as an exit code says
    that a run is incomplete.
    """
    try:
        leave = ctypes.cast(ctypes.CDLL(None)._exit, ctypes.c_void_p).value
    except (AttributeError, OSError, TypeError):  # a C library that is not found: SIGQUIT ends it as ever
        return None
    return _signal(signal.SIGQUIT, leave)


def _signal(number: int, handler: int | None) -> int | None:
    install = ctypes.CDLL(None).signal
    install.argtypes, install.restype = (ctypes.c_int, ctypes.c_void_p), ctypes.c_void_p
    before: int | None = install(number, handler)
    return before
