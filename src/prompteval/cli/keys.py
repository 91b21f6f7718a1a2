"""One key at a time from a terminal, one line at a time from anywhere else."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

END = ""


class Keys:
    """Reads keys of a terminal without waiting for a new line."""

    def __init__(self, is_terminal: bool) -> None:
        self.is_terminal = is_terminal

    def key(self) -> str:
        """The next key, or the next line where there is no terminal; empty at the end."""
        if not self.is_terminal:
            return self.line()
        data = os.read(sys.stdin.fileno(), 64)
        return data.decode("utf-8", "replace")[:1] if data not in (b"", b"\x04") else END

    def line(self) -> str:
        """A whole line without its end; empty at the end of the input."""
        if self.is_terminal:
            return self._typed()
        found = sys.stdin.readline()
        return found.rstrip("\r\n") if found else END

    def _typed(self) -> str:
        """A line as the terminal itself edits it."""
        import termios

        number = sys.stdin.fileno()
        before = termios.tcgetattr(number)
        plain = termios.tcgetattr(number)
        plain[3] |= termios.ICANON | termios.ECHO
        termios.tcsetattr(number, termios.TCSANOW, plain)
        try:
            return os.read(number, 4096).decode("utf-8", "replace").rstrip("\r\n")
        finally:
            termios.tcsetattr(number, termios.TCSANOW, before)


@contextmanager
def keys() -> Iterator[Keys]:
    """The keys of standard input; the terminal is as it was once the block ends."""
    if not sys.stdin.isatty():
        yield Keys(is_terminal=False)
        return
    import termios
    import tty

    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)
    try:
        tty.setcbreak(number)
        yield Keys(is_terminal=True)
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)
