"""What a team's function raises that is not an Exception: the error of its case, not the end of the run."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

Result = TypeVar("Result")


class Abandoned(BaseException):
    """Raised inside a call that nobody waits for; no Exception, so that `except Exception` passes it on."""


class Escaped(Exception):
    """Stands for a BaseException of a function, such as its own KeyboardInterrupt: `NAME: message`."""

    @classmethod
    def of(cls, error: BaseException) -> "Escaped":
        return cls(raised(error))


def raised(error: BaseException) -> str:
    """The type and the message of what a function raised."""
    return str(error) if isinstance(error, Escaped) else f"{type(error).__name__}: {error}"


def called(function: Callable[[], Result]) -> Result:
    """What a plain function gives. Ctrl-C comes to the main thread: elsewhere it is the function's own."""
    try:
        return function()
    except (Exception, SystemExit, Abandoned):
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
            raise
        raise Escaped.of(error) from None


async def awaited(work: Awaitable[Result]) -> Result:
    """What a coroutine of the team's own gives. A cancellation that is its own doing is raised as Escaped."""
    try:
        return await work
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise Escaped.of(error) from None
    except (Exception, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        raise Escaped.of(error) from None
