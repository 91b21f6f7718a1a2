"""The one way to standard output and standard error: for every verb, for progress and for problems.

Data goes to standard output, progress and problems to standard error. Everything from outside
is made plain on its way (`PlainStream`), and a stream that fails never ends a verb or changes its
exit code. While a verb works, what other code prints goes to standard error, so that standard
output holds the verb's own data and nothing else.
"""

import contextlib
import errno
import json
import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TextIO

from prompteval.cli.plain_stream import PlainStream
from prompteval.core.secret import hide
from prompteval.core.text import one_line

if TYPE_CHECKING:
    from rich.console import Console

# One problem is one line; a terminal does not hold every argument or path.
LONGEST_LINE = 2_000
_data: PlainStream | None = None
_made: dict[str, tuple[TextIO, PlainStream]] = {}


def show(text: str) -> None:
    """Text for a person, on standard output."""
    _out().write(text)


def line(text: str) -> None:
    """One unwrapped line on standard output; a new line from outside is spelt out."""
    _out().write(text.replace("\n", "\\x0a") + "\n")


def document(value: object) -> None:
    """A JSON value with a new line, on standard output, exactly; all in ASCII."""
    exact([json.dumps(value, indent=2, allow_nan=False) + "\n"])


def json_line(value: object) -> None:
    """A JSON value on one line, on standard output, exactly; all in ASCII."""
    exact([json.dumps(value, allow_nan=False) + "\n"])


def exact(pieces: Iterable[str]) -> None:
    """JSON text, on standard output: it reads as the same values, and no log finds a command in it."""
    stream = _out()
    for piece in pieces:
        # In JSON these two stand inside strings only, so writing them as escapes changes no value.
        stream.write_exact(piece.replace("##", "#\\u0023").replace("\x7f", "\\u007f"))


def annotations(pieces: Iterable[str], *, to_output: bool) -> None:
    """Workflow commands of our own, made by `report.github`, on standard output or standard error."""
    stream = _out() if to_output else _err()
    for piece in pieces:
        stream.write_exact(piece)


def stderr_line(text: str) -> None:
    """One unwrapped line on standard error."""
    line = one_line(hide(text))
    if len(line) > LONGEST_LINE:
        half = LONGEST_LINE // 2  # what is wrong stands at the end, and where at the beginning
        line = f"{line[:half]} … {line[-half:]} ({len(line):,} characters)"
    _err().write(line + "\n")


def stderr_text(text: str) -> None:
    """Text of several lines on standard error."""
    _err().write(text)


def width(narrow: int) -> int | None:
    """The width for tables: None, as wide as it is, for a terminal, and `narrow` elsewhere."""
    return None if _out().isatty() else narrow


def console(narrow: int) -> "Console":
    """For tables on standard output."""
    from prompteval.cli.console import PlainConsole

    return PlainConsole(_out(), width(narrow))


def progress_console() -> "Console | None":
    """For a live line on standard error; None where that is not a terminal."""
    from prompteval.cli.console import PlainConsole

    return PlainConsole(_err()) if _err().isatty() else None


@contextlib.contextmanager
def working() -> Iterator[None]:
    """While a verb works: standard output is its own, and what other code prints goes to standard error."""
    global _data
    before, _data = _data, _out()
    problems = _err()
    try:
        with contextlib.redirect_stdout(problems), contextlib.redirect_stderr(problems):
            yield
    finally:
        _data = before


def open_streams() -> None:
    """Make the process's streams plain. What the caller closed leads nowhere.

    Else the next file that is opened, the results say, would get the number of a standard stream,
    and all that is printed would be written into it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", closefd=False))
    sys.stdout, sys.stderr = PlainStream(sys.stdout), PlainStream(sys.stderr)


def flush() -> None:
    """Write what is still held; for a verb that runs for long."""
    _out().flush()
    _err().flush()


def finish() -> None:
    """Write what is still held; say on standard error when standard output could not take everything."""
    out, err = _out(), _err()
    out.flush()
    failure = out.failure
    if isinstance(failure, OSError) and failure.errno != errno.EPIPE:
        stderr_line(f"error: standard output: {failure.strerror}; the output is incomplete")
    err.flush()


def _out() -> PlainStream:
    return _data or _plain("stdout")


def _err() -> PlainStream:
    return _plain("stderr")


def _plain(name: str) -> PlainStream:
    """The stream itself where it is plain; else, outside of the program's own process, one around it."""
    stream = getattr(sys, name)
    if isinstance(stream, PlainStream):
        return stream
    under, made = _made.get(name, (None, None))
    if made is None or under is not stream:
        made = PlainStream(stream)
        _made[name] = stream, made
    return made
