"""Exceptions, logs and warnings that Python would print by itself: one line each."""

import logging
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path

from prompteval.cli import crash, printer
from prompteval.core.notice import Notice

_uncaught: list[BaseException] = []


def install_hooks() -> None:
    """Take in what threads, finalizers, callbacks, libraries' logs and warnings leave behind."""
    sys.unraisablehook = lambda found: record_uncaught(found.exc_value)
    threading.excepthook = lambda found: record_uncaught(found.exc_value)
    logging.lastResort = _OneLine(logging.WARNING)
    warnings.showwarning = _show_warning
    warnings.simplefilter("default", Notice)


def report_uncaught() -> Iterator[int]:
    """Report each exception that nothing caught while the program went on; a code for each of ours.

    One that went through no code of ours is a fault of somebody else's thread or finalizer: a
    warning, and no code.
    """
    while _uncaught:
        error = _uncaught.pop(0)
        places = [Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
        if any(crash.PACKAGE in place.parents for place in places):
            yield crash.crashed(error)
        else:
            printer.stderr_line(f"warning: unhandled exception: {crash.title(error)}")


def record_uncaught(error: BaseException | None) -> None:
    """Hold an exception until the end, for what else there is to say comes first."""
    if error is not None and not isinstance(error, SystemExit):
        _uncaught.append(error)


class _OneLine(logging.Handler):
    """What a library logs where nobody set up logging: a warning of one line."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        more = f": {crash.title(error)}" if error is not None else ""
        printer.stderr_line(f"warning: {crash.without_secrets(record.getMessage())}{more}")


def _show_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: object, **__: object
) -> None:
    place = "" if issubclass(category, Notice) else f" ({category.__name__}, {filename}:{lineno})"
    printer.stderr_line(f"warning: {crash.without_secrets(str(message))}{place}")
