"""Keys of a terminal: one at a time, none lost."""

import os
import pty
import threading

import pytest

from prompteval.cli.keys import END, ESCAPE, keys


def test_keys_that_are_typed_ahead_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several keys in one read, a line among them, an arrow, and the end of the input."""
    mine, theirs = pty.openpty()
    with os.fdopen(theirs, "r") as terminal, monkeypatch.context() as patched:
        patched.setattr("sys.stdin", terminal)
        with keys() as source:
            os.write(mine, b"bnseen twice\n1")
            assert (source.key(), source.key(), source.line(), source.key()) == ("b", "n", "seen twice", "1")
            os.write(mine, b"\x1b[A")
            assert source.key() == ESCAPE
            os.write(mine, b"\x04")
            assert source.key() == END
    os.close(mine)


def test_a_line_typed_before_it_is_asked_for_is_whole_and_ends_where_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Half of a line waits for its other half, and the keys behind a line are keys again."""
    mine, theirs = pty.openpty()
    with os.fdopen(theirs, "r") as terminal, monkeypatch.context() as patched:
        patched.setattr("sys.stdin", terminal)
        with keys() as source:
            os.write(mine, b"n")
            assert source.key() == "n"
            os.write(mine, b"seen twice\n1")
            assert (source.line(), source.key()) == ("seen twice", "1")
            os.write(mine, b"half ")
            later = threading.Timer(0.2, os.write, (mine, b"and half\n"))
            later.start()
            assert source.line() == "half and half"
            later.join()
    os.close(mine)
