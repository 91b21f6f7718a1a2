"""How long documents and audio are, by what is written in them."""

import time
import zlib

import pytest

from prompteval.core.media import MOST_FILE_BYTES, File
from prompteval.core.media.length import length, mp3_seconds, pages, wav_seconds
from tests.media_files import mp3, pdf, png, wav

PAGES = b"<</Type /Pages/Count 3>> <</Type/Page>> <</Type  /Page/Parent 1 0 R>> <</Type/Page >>"


@pytest.mark.parametrize(
    ("packed", "found"), [(PAGES, 3), (b"/Type/ObjStm/Filter/FlateDecode>>stream\r\n" + zlib.compress(PAGES), 3), (b"/ObjStm stream\nx", 1), (b"", 1)]
)  # fmt: skip
def test_pages_are_those_of_a_document(packed: bytes, found: int) -> None:
    """Also among packed objects; the node above them is none. One at least."""
    assert pages(b"%PDF-1.5\n" + packed) == found


def test_pages_are_those_that_another_reader_sees() -> None:
    """pypdf writes them."""
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")
    from io import BytesIO

    writer, target = pypdf.PdfWriter(), BytesIO()
    for _ in range(7):
        writer.add_blank_page(100, 100)
    writer.write(target)
    assert pages(target.getvalue()) == 7


def test_seconds_follow_from_the_rate() -> None:
    """8,000 bytes a second of WAVE, 128 kbit/s of MP3; a variable rate is taken to be the lowest, 32."""
    assert [wav_seconds(wav(samples)) for samples in (8_000 - 44, 8_000)] == [1, 2]
    audio = mp3() + bytes(160_000)
    assert mp3_seconds(audio) == 11
    assert mp3_seconds(audio.replace(bytes(8), b"Xing" + bytes(4), 1)) in (11, 41)
    assert mp3_seconds(audio[:30] + b"Xing" + audio[34:]) == 41


def test_every_file_has_a_length_but_images() -> None:
    """It is read once, where the file is."""
    assert [File.from_bytes(data).length for data in (png(), pdf(), wav(), mp3())] == [0, 1, 1, 1]


@pytest.mark.parametrize(
    "filled", [b"/Type ", b"/ObjStm", b"/ObjStm stream\n", b"/ObjStm stream\n" + zlib.compress(bytes(999_000)), b"/Type" + b" " * 8]
)  # fmt: skip
def test_the_largest_document_is_counted_in_time(filled: bytes) -> None:
    """Under two seconds of a processor."""
    data = b"%PDF-1.5 " + filled * (MOST_FILE_BYTES // len(filled))
    started = time.process_time()
    assert length("application/pdf", data) == 1
    assert time.process_time() - started < 2
