"""A text stream on which nothing from outside can steer a terminal or a log, and which never fails."""

import codecs
import contextlib
import io
import os
import re
from collections.abc import Callable
from typing import Any, TextIO

from prompteval.core.secret import hide
from prompteval.core.text import printable, without_commands

# Marks of our own for a stream that cannot write them; anything else is spelt out.
_ASCII = {
    "✓": "+", "✗": "x", "–": "-", "—": "-", "−": "-", "…": "...", "→": "->", "↑": "^", "≈": "~", "·": ".",
    "×": "x", "─": "-",
}  # fmt: skip
_ERRORS = "prompteval-ascii-marks"
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
# More than the beginning of a command that `without_commands` looks for.
_KEPT = 24


def _in_ascii(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    mark = _ASCII.get(error.object[error.start])
    return codecs.backslashreplace_errors(error) if mark is None else (mark, error.start + 1)


codecs.register_error(_ERRORS, _in_ascii)


class PlainStream(io.TextIOBase):
    """Writes to another text stream what `hide`, `printable` and `without_commands` leave of a text.

    A command that comes in several pieces is found too. What the encoding cannot write is spelt
    out. A stream that is closed, a pipe without a reader or a full disk ends nothing: the text is
    dropped, and `failure` says why.
    """

    def __init__(self, under: TextIO) -> None:
        self.failure: OSError | ValueError | None = None
        self._under = under
        self._line = ""  # the end of the line that is being written; empty while it is blank

    def write(self, text: str) -> int:
        self._put(self._watched(printable(hide(text))))
        return len(text)

    def write_styled(self, text: str) -> int:
        """Text with colours of our own, whose words were made printable before."""
        self._put(self._watched(text))
        return len(text)

    def write_exact(self, text: str) -> int:
        """A document whose own format keeps everything from outside escaped."""
        self._put(text)
        self._note_line(text)
        return len(text)

    def flush(self) -> None:
        self._try(self._under.flush)

    def isatty(self) -> bool:
        with contextlib.suppress(OSError, ValueError):
            return self._under.isatty()
        return False

    def fileno(self) -> int:
        return self._under.fileno()

    def writable(self) -> bool:
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return getattr(self._under, "encoding", None) or "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        return "backslashreplace"

    @property
    def buffer(self) -> "_Bytes":
        """For code that writes bytes: they are read as UTF-8 and written as any text."""
        return _Bytes(self)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - replaces a stream of any kind
        return getattr(self._under, name)

    def _watched(self, text: str) -> str:
        """`text` without commands, also where one began in an earlier piece."""
        before = self._line
        whole = without_commands(before + text)
        self._note_line(whole)
        return whole[len(before) :]

    def _note_line(self, text: str) -> None:
        ending = _COLOUR.sub("", text.rpartition("\n")[2])
        blank = ending.strip()
        self._line = blank if blank in ("", ":") else f"x{ending[-_KEPT:]}"

    def _put(self, text: str) -> None:
        encoding = self.encoding
        written = text.encode(encoding, _ERRORS).decode(encoding)
        self._try(lambda: self._under.write(written))

    def _try(self, act: Callable[[], object]) -> None:
        if self.failure is None:
            try:
                act()
            except (OSError, ValueError) as error:
                self.failure = error
                _lead_nowhere(self._under)


class _Bytes(io.BufferedIOBase):
    def __init__(self, stream: PlainStream) -> None:
        self._stream = stream

    def write(self, data: Any) -> int:  # noqa: ANN401 - replaces a stream of any kind
        self._stream.write(bytes(data).decode("utf-8", "backslashreplace"))
        return len(data)

    def flush(self) -> None:
        self._stream.flush()

    def writable(self) -> bool:
        return True


def _lead_nowhere(stream: TextIO) -> None:
    """What the stream still holds goes to the null device, so that the end of the process does not fail."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
