"""Code of the workspace that ends the process would leave exit code 0 behind, which reads as a pass.

`os._exit` and the exec family go past every `except` and `finally` of the caller. Under the guard they
raise instead, so that the case, the module or the whole command ends with a word and a code of its
own. It is against accidents and shortcuts; prompts are code, and code that means to can do anything.
"""

import os
import posix
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

_HERE = threading.local()
_REAL: dict[str, Callable[..., Any]] = {name: getattr(os, name) for name in ("_exit", "execv", "execve")}


class ExitAttempt(SystemExit):
    """Something tried to end this process or to put another program in its place.

    What nothing catches ends the process all the same, with the code of a crash.
    """

    def __init__(self, message: str) -> None:
        super().__init__(70)
        self.message = message

    def __str__(self) -> str:
        return f"{self.message} would end the whole run"


def forbid_exit() -> None:
    """From now on and to the end, `atexit` included, no code in this process ends it past `finally`."""
    for name in _REAL:
        function = _refusing(name, os.getpid())
        setattr(os, name, function)
        setattr(posix, name, function)


def forbid_exit_here() -> None:
    """In this thread, which makes calls of the workspace, no code ends the process with any code."""
    _HERE.forbidden = True


def leave_within(seconds: float, code: int, tell: Callable[[str], None]) -> None:
    """Python waits at its end for threads that are no daemons; end the process where one does not end.

    Call it when all output is written. Code of the workspace may have begun such a thread, and a verdict that
    is printed must not wait for it. `tell` is given the sentence that names them.
    """
    if not _others():
        return

    def wait() -> None:
        time.sleep(seconds)
        names = ", ".join(sorted(thread.name for thread in _others())) or "what runs at the exit"
        tell(f"threads of the workspace have not ended, and are left behind: {names}")
        exit_now(code)

    threading.Thread(target=wait, name="prompteval-leaving", daemon=True).start()


def _others() -> list[threading.Thread]:
    main = threading.main_thread()
    return [thread for thread in threading.enumerate() if thread is not main and not thread.daemon]


def exit_now(code: int) -> NoReturn:
    """End the process at once, threads that still compute included; all output must be written already."""
    _REAL["_exit"](code)
    raise AssertionError("the process has ended")


def _refusing(name: str, process: int) -> Callable[..., NoReturn]:
    """Replaces a function of `os`: raises in `process`, and works in what is forked from it.

    A watchdog's thread may end the process with a code that is not a pass; those that make calls may not.
    """

    def refuse(*arguments: object, **named: object) -> NoReturn:
        code = named.get("status", arguments[0] if arguments else 0) if name == "_exit" else 0
        elsewhere = threading.current_thread() is not threading.main_thread()
        watchdog = code != 0 and elsewhere and not getattr(_HERE, "forbidden", False)
        if watchdog or os.getpid() != process:
            _REAL[name](*arguments, **named)
        raise ExitAttempt(f"os._exit({code})" if name == "_exit" else f"os.{name}")

    return refuse
