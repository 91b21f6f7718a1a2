"""How a command ends: the one place where an error becomes a message and an exit code."""

import functools
import sys
from collections.abc import Callable
from typing import Any

import typer

from prompteval.core.errors import InvalidInput, PromptevalError


def verb(command: Callable[..., int]) -> Callable[..., None]:
    """Wrap a command that returns its exit code. A user's mistake never prints a traceback."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        try:
            code = command(*args, **kwargs)
        except InvalidInput as error:
            for problem in error.problems:
                complain(str(problem))
            code = error.exit_code
            count = len(error.problems)
            complain(f"exit {code}: {count} problem{'' if count == 1 else 's'}; nothing was run")
        except PromptevalError as error:
            complain(f"error: {error}")
            code = error.exit_code
            complain(f"exit {code}")
        except KeyboardInterrupt:
            complain("exit 130: interrupted")
            code = 130
        except BrokenPipeError:
            sys.stderr.close()
            code = 0
        except OSError as error:  # the current folder is gone, the disk is full, a right is missing
            complain(f"error: {error.filename or 'the current folder'}: {error.strerror or error}")
            complain("exit 2")
            code = 2
        raise typer.Exit(code)

    return wrapped


def complain(text: str) -> None:
    """One line on standard error, with control characters made visible."""
    from prompteval.core.text import printable

    sys.stderr.write(printable(text) + "\n")
