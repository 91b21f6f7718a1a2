"""One key at a time from a terminal, one line at a time from anywhere else."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

END = ""
END_OF_INPUT, ESCAPE = "\x04", "\x1b"


class Keys:
    """Reads keys of a terminal without waiting for a new line. Keys that are typed ahead keep their order."""

    def __init__(self, is_terminal: bool) -> None:
        self.is_terminal = is_terminal
        self._ahead = ""

    def key(self) -> str:
        """The next key, or the next line where there is no terminal; empty at the end."""
        if not self.is_terminal:
            return self.line()
        if not self._ahead:
            self._ahead = os.read(sys.stdin.fileno(), 64).decode("utf-8", "replace")
            if self._ahead.startswith(ESCAPE):  # an arrow, or another key of several characters
                self._ahead = ""
                return ESCAPE
        key, self._ahead = self._ahead[:1], self._ahead[1:]
        return END if key == END_OF_INPUT else key

    def line(self) -> str:
        """A whole line without its end; empty at the end of the input."""
        if self.is_terminal:
            return self._typed()
        found = sys.stdin.readline()
        return found.rstrip("\r\n") if found else END

    def _typed(self) -> str:
        """A line as the terminal itself edits it; what was typed ahead begins it."""
        begun, newline, rest = self._ahead.partition("\n")
        self._ahead = rest
        return begun if newline else begun + self._edited()

    def _edited(self) -> str:
        import termios

        number = sys.stdin.fileno()
        before = termios.tcgetattr(number)
        plain = termios.tcgetattr(number)
        plain[3] |= termios.ICANON | termios.ECHO
        termios.tcsetattr(number, termios.TCSANOW, plain)
        typed = b""
        try:
            while b"\n" not in typed:  # what was typed before the switch comes as it is, whole line or not
                more = os.read(number, 4096)
                if not more:
                    break
                typed += more
        finally:
            termios.tcsetattr(number, termios.TCSANOW, before)
        line, _, rest = typed.partition(b"\n")
        self._ahead = rest.decode("utf-8", "replace")
        return line.decode("utf-8", "replace").rstrip("\r")


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
