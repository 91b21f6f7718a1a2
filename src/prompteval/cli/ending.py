"""How a command ends: the one place where an error becomes a message and an exit code."""

import errno
import functools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from prompteval.cli import printer
from prompteval.core.environment import remember_environment
from prompteval.core.errors import InvalidInput, PromptevalError, singles
from prompteval.core.exit_codes import CRASH, INTERRUPTED, MEANING, PASS, USAGE, deciding
from prompteval.core.problem import did_you_mean
from prompteval.core.text import counted

if TYPE_CHECKING:
    from typer.exceptions import TyperException

# What is wrong with a file, a directory, a disk or a limit of the machine; other system errors are ours.
_SURROUNDINGS = {
    errno.ENOENT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO,
    errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EMFILE, errno.ENFILE, errno.EEXIST,
    errno.ESTALE, errno.ENXIO, errno.EBUSY, errno.ETXTBSY,
}  # fmt: skip


# What typer's own check of a type says, and what a file of ours that is wrong in the same way would.
_NOT_A = re.compile(r"Input should be a valid (\w+), unable to parse string as an? \w+")
# A value that is none of an option's, and those that it may have, each in quotes.
_NO_CHOICE = re.compile(
    r"Value error, (?P<value>['\"].*['\"]) is not one of (?P<known>'[^']*'(?:, '[^']*')*)$", re.DOTALL
)
_MUST_BE = {"integer": "it must be a whole number", "number": "it must be a number"}


def verb(command: Callable[..., int]) -> Callable[..., None]:
    """Wrap a command that returns its exit code; what it raises is reported by `conclude`."""

    @functools.wraps(command)
    def wrapped(*args: object, **kwargs: object) -> None:
        from typer import Exit

        remember_environment()
        try:
            with printer.working():
                code = command(*args, **kwargs)
        # Raised by some code that the verb called, or by Ctrl-C, which typer would end without a word.
        except (SystemExit, KeyboardInterrupt, Exit) as error:
            raise _Left from error
        raise Exit(code)

    return wrapped


class _Left(BaseException):
    """What ended a verb, as its cause: typer lets this pass as it is."""


def conclude(command_line: Callable[[], int]) -> int:
    """The exit code of a command line, once all output is written. Nothing is raised out of it.

    A user's mistake is one line for each problem and no traceback; a fault of our own is one line
    too, with its traceback in a file, and exit 70.
    """
    try:
        code = command_line()
    except SystemExit as error:  # the end of a completion
        code = error.code if isinstance(error.code, int) else PASS
    except BaseException as error:
        code = _ended(error)
    from prompteval.cli.uncaught import report_uncaught

    if CRASH in (uncaught := list(report_uncaught())):
        code = deciding((code, *uncaught))
        printer.stderr_line(f"exit {code}: {MEANING[code]}")
    printer.finish()
    return code


def _ended(error: BaseException) -> int:
    """Report each error of `error`, which may be a group, and then the code that decides."""
    codes = dict(_report_error(_meant(single), error) for single in singles(error))
    code = deciding(codes)
    reason = codes[code]
    printer.stderr_line(f"exit {code}: {reason}" if reason else f"exit {code}")
    return code


def _meant(error: BaseException) -> BaseException:
    """What was raised, behind the mark that it left a verb by."""
    return error.__cause__ or error if isinstance(error, _Left) else error


def _report_error(error: BaseException, whole: BaseException) -> tuple[int, str]:
    """Print what went wrong; (exit code, why in a few words for the last line).

    `whole` is the error itself, or the group it came in.
    """
    from typer.exceptions import TyperException

    if isinstance(error, InvalidInput):
        for problem in error.problems:
            printer.stderr_line(str(problem))
        return error.exit_code, f"{counted(len(error.problems), 'problem')}; nothing was run"
    if isinstance(error, PromptevalError):
        printer.stderr_line(f"error: {error}")
        return error.exit_code, ""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED, MEANING[INTERRUPTED]
    if isinstance(error, TyperException):
        return _report_usage_error(error)
    if isinstance(error, OSError) and error.errno in _SURROUNDINGS:
        # Without a name it is the current directory, which somebody removed.
        printer.stderr_line(f"error: {error.filename or 'the current directory'}: {error.strerror}")
        return USAGE, ""
    from prompteval.cli.crash import crashed

    return crashed(error, whole), MEANING[CRASH]


def _report_usage_error(error: "TyperException") -> tuple[int, str]:
    """A wrong command line, as typer found it."""
    if type(error).__name__ == "NoArgsIsHelpError":
        printer.stderr_text(f"{error.format_message()}\n\n")
        return USAGE, "missing command"
    context = getattr(error, "ctx", None)
    help = f" (`{context.command_path} --help` lists them)" if context else ""
    message = _NOT_A.sub(lambda match: _MUST_BE.get(match[1], match[0]), error.format_message().rstrip("."))
    if choice := _NO_CHOICE.search(message):
        known = [name[1:-1] for name in choice["known"].split(", ")]
        message, help = (
            f"{message[: choice.start()]}unknown {choice['value']}",
            (f" ({did_you_mean(choice['value'][1:-1], known, limit=len(known))})"),
        )
    printer.stderr_line(f"error: {message}{help}")
    return USAGE, ""
