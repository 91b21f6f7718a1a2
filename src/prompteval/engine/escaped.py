"""What a team's function raises that is not an Exception: the error of its case, not the end of the run."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

Result = TypeVar("Result")


class Abandoned(BaseException):
    """Raised inside a call that nobody waits for; no Exception, so that `except Exception` passes it on."""


class Escaped(Exception):
    """Stands for a BaseException of a function, such as its own KeyboardInterrupt: `NAME: message`."""

    @classmethod
    def of(cls, error: BaseException) -> "Escaped":
        return cls(raised(error))


def raised(error: BaseException) -> str:
    """The type and the message of what a function raised; the type alone where it has no message."""
    if isinstance(error, Escaped):
        return str(error)
    try:
        message = str(error)
    except (Exception, SystemExit):  # its `__str__` is the team's own code, too
        message = "its message cannot be read"
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


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
    """What a coroutine of the team's own gives. A cancellation that is its own doing is raised as Escaped.

    It runs in a task of its own, so that what it cancels is never the case that waits for it.
    """
    task = asyncio.ensure_future(_settled(work))
    try:
        found, error = await task
    except asyncio.CancelledError:
        if not task.cancelled():  # the case was, while its call had ended
            raise
        waiting = asyncio.current_task()
        if waiting is not None and waiting.cancelling():
            raise
        raise Escaped("CancelledError") from None
    if error is not None:
        raise error
    return cast(Result, found)


async def _settled(work: Awaitable[Result]) -> tuple[Result | None, BaseException | None]:
    """(the result, None), or (None, what was raised): a task that raises SystemExit would end the loop."""
    try:
        return await work, None
    except (asyncio.CancelledError, KeyboardInterrupt):
        raise
    except (Exception, SystemExit) as error:
        return None, error
    except BaseException as error:
        return None, Escaped.of(error)
