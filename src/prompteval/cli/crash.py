"""A crash of our own: one line, the details in a private file, exit 70."""

import os
import platform
import sys
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from prompteval._version import __version__
from prompteval.cli import printer
from prompteval.core.exit_codes import CRASH
from prompteval.core.secret import Redactor, hide
from prompteval.core.text import one_line

ISSUES = "https://github.com/prompteval/prompteval/issues"
LONGEST_DETAILS = 200_000
LONGEST_MESSAGE = 300
# A shorter value of the environment is a word or a number, and no secret.
SHORTEST_VALUE = 8
PACKAGE = Path(__file__).resolve().parents[1]


def crashed(error: BaseException, whole: BaseException | None = None) -> int:
    """Say that the program crashed, where and why, and how to report it; the exit code.

    `whole` is the group that `error` came in, whose traceback is kept.
    """
    try:
        headline, file = title(error), _write_details(whole or error)
    except (Exception, RecursionError, MemoryError):  # an exception can be too broken to be shown
        headline, file = type(error).__name__, None
    help = f"details: {file}; please report it with that file" if file else "please report it"
    printer.stderr_line(f"error: prompteval crashed: {headline} ({help}: {ISSUES})")
    return CRASH


def title(error: BaseException) -> str:
    """`ValueError: what it says, at engine/run.py:17`, in one line without secrets."""
    message = one_line(without_secrets(str(error)[: 10 * LONGEST_MESSAGE]))[:LONGEST_MESSAGE]
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if PACKAGE in Path(frame.filename).parents]
    place = own[-1] if own else frames[-1] if frames else None
    at = f", at {_short_path(place.filename)}:{place.lineno}" if place else ""
    return f"{type(error).__name__}{f': {message}' if message else ''}{at}"


def without_secrets(text: str) -> str:
    """`text` without keys, and without the values of the environment but those that are paths."""
    values = {v for v in os.environ.values() if len(v) >= SHORTEST_VALUE and not os.path.exists(v)}  # noqa: PTH110
    redactor = Redactor()
    redactor.remember(*values)
    return redactor.hide(hide(text))


def _short_path(path: str) -> str:
    place = Path(path)
    return place.relative_to(PACKAGE).as_posix() if PACKAGE in place.parents else path


def _write_details(error: BaseException) -> Path | None:
    """The file that holds the traceback, readable by its owner alone; None where none can be written."""
    now = datetime.now(UTC)
    head = (
        f"prompteval {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"{now:%Y-%m-%dT%H:%M:%SZ}\narguments: {sys.argv[1:]!r:.2000}\n\n"
    )
    text = without_secrets(head + "".join(traceback.format_exception(error)))
    if len(text) > LONGEST_DETAILS:
        half = LONGEST_DETAILS // 2
        text = f"{text[:half]}\n…\n{text[-half:]}"
    for directory in (_store_directory(), Path(tempfile.gettempdir())):
        if directory is None:
            continue
        try:
            number, name = tempfile.mkstemp(
                prefix=f"crash-{now:%Y%m%d-%H%M%S}-", suffix=".txt", dir=directory
            )
            with open(number, "w", encoding="utf-8", errors="backslashreplace") as file:  # noqa: PTH123
                file.write(text)
            return Path(name)
        except OSError:
            continue
    return None


def _store_directory() -> Path | None:
    """Where the workspace at hand keeps its results, if it has any."""
    from prompteval.workspace.settings import find_workspace

    try:
        workspace = find_workspace(Path.cwd())
        file = workspace.store_place().file
        directory = workspace.state_path() if file is None else file.parent
    except Exception:  # the details have another place if the workspace cannot be used
        return None
    return directory if directory.is_dir() else None
