"""What reaches a terminal or a log: no escape, no command, whatever the pieces, the encoding or the end."""

import errno
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.cli.plain_stream import PlainStream
from prompteval.core.text import inert

HOSTILE = st.text(":#[]ve s\t\n\r\x0b\x1b\x07\x9b\u2028\u202e\u200f\u2066\u00a0\u3000\ud800")
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def commands(text: str) -> list[str]:
    """The lines that a runner would obey: GitHub's two forms, and Azure's, read as their own code reads them."""
    lines = re.split(r"\r\n|\r|\n", text)
    return [line for line in lines if line.strip().startswith("::") or re.search(r"##\w*\[", line)]


@given(st.lists(HOSTILE))
def test_s37_no_piece_of_a_text_steers_a_log(pieces: list[str]) -> None:
    """Commands that are cut in pieces, after blanks of any script or a carriage return, are found."""
    under = io.StringIO()
    stream = PlainStream(under)
    for piece in pieces:
        stream.write(piece)
    assert not STEERING.search(under.getvalue()) and not commands(under.getvalue())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", ":\\x3aerror::x"),
        ("a\n \t::set-output name=a::b", "a\n \t:\\x3aset-output name=a::b"),
        ("done ##[error]x ##vso[task.complete]", "done ##\\x5berror]x ##vso\\x5btask.complete]"),
        ("evals/s.yaml::case a::b ## heading [x]", "evals/s.yaml::case a::b ## heading [x]"),
        ("abc\u202edef\u200f", "abc\\u202edef\\u200f"),
    ],
)
def test_s9_only_the_character_that_makes_a_command_is_spelt_out(text: str, shown: str) -> None:
    """The rest of a line can be read, and what is no command stays unchanged."""
    assert inert(text) == shown


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-16", "utf-8"])
def test_f40_any_encoding_takes_any_text(encoding: str) -> None:
    """Our own marks become ASCII, anything else is spelt out; a text that fits is written as it is."""
    raw = io.BytesIO()
    under = io.TextIOWrapper(raw, encoding=encoding, write_through=True)
    stream = PlainStream(under)
    stream.write("✓ pass → Ω \ud83d")
    wanted = "✓ pass → Ω \\ud83d" if encoding.startswith("utf") else "+ pass -> \\u03a9 \\ud83d"
    assert (raw.getvalue().decode(encoding), stream.failure) == (wanted, None)


class Full(io.StringIO):
    """A file on a disk that is full."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_f40_a_stream_that_fails_is_noted_and_left_alone() -> None:
    """A full disk and a closed file raise nothing, and the reason is kept."""
    full, closed = PlainStream(Full()), PlainStream(io.StringIO())
    closed._under.close()
    for stream in (full, closed):
        stream.write("a")
        stream.write("b")
        stream.flush()
        assert stream.failure is not None
    assert isinstance(full.failure, OSError) and full.failure.errno == errno.ENOSPC
