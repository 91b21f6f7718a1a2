"""Keys of a terminal: one at a time, none lost."""

import os
import pty

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
