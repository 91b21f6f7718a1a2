"""Files for models: what they are by their bytes, and a file that is read again."""

import json
import os
import time
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.errors import ProviderError, UsageError
from prompteval.core.media import MEDIA_TYPES, MOST_FILE_BYTES, File, is_file_value
from prompteval.core.media.images import pixels
from prompteval.core.media.kinds import media_type_of
from tests.media_files import WHOLE, data_url, gif, jpeg, mp3, pdf, png, wav, webp


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_a_type_is_told_by_the_bytes(media_type: str) -> None:
    """Each of the types that are sent, and whatever the file is called."""
    assert media_type_of(WHOLE[media_type]) == media_type


@pytest.mark.parametrize("media_type", [name for name in MEDIA_TYPES if name != "audio/mpeg"])
@given(data=st.data())
def test_a_file_that_is_cut_off_is_refused(media_type: str, data: st.DataObject) -> None:
    """At any byte but those of padding at the end; MP3 has no end to be seen."""
    whole = WHOLE[media_type].rstrip(b"\n")
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(ValueError, match=r"empty|cut off|no known type|no header|no format"):
        media_type_of(whole[:cut])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"\0", "no known type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"<?xml version='1.0'?><svg/>", "an SVG drawing"),
        (b"<!-- drawn by hand -->\n<svg/>", "an SVG drawing"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC image"),
        (b"\0\0\0\x18ftypM4A \0\0\0\0", "M4A audio"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "an MP4 movie"),
        (b"\xff\xf1\x50\x80", "AAC audio"),
        (png(0, 3), "a PNG image and has no pixels"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><p>", "an HTML page"),
        (b"<html>%PDF-1.4 %%EOF", "an HTML page"),
        (b"PK\x03\x04word/document.xml", "an office document"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"),
        (b"BM\0\0", "a BMP image"),
        (b"hello", "no known type"),
        (b"ID3\x04\0\0\0\0\0\x02\0\0abcdef", "no frame of audio"),
        (b"ID3", "cut off"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "no header"),
    ],
)
def test_what_is_none_of_them_is_named(content: bytes, told: str) -> None:
    """Also where it has the name of one."""
    with pytest.raises(ValueError, match=told):
        media_type_of(content)


def test_a_file_over_the_limit_is_refused() -> None:
    """At the limit it is taken."""
    empty = len(png(noise=1)) - 1
    assert media_type_of(png(noise=MOST_FILE_BYTES - empty)) == "image/png"
    with pytest.raises(ValueError, match="20,000,001 bytes, at most 20,000,000"):
        media_type_of(png(noise=MOST_FILE_BYTES - empty + 1))


@pytest.mark.parametrize(
    ("start", "filled", "told"),
    [
        (b"ID3\x04\0\0\0\0\0\0", b"\0", "cut off"), (b"\xff\xd8\xff\xe1\0\2", b"\xff", "cut off"),
        (b"\xff\xd8\xff\xe1\0\2", b"\xff\xd0", "cut off"), (b"\xff\xd8\xff\xe1\0\2", b"\xff\xe1\0\2", "over 50,000 parts"),
        (png()[:33], b"\0\0\0\0noIs\0\0\0\0", "over 50,000 parts"), (b"GIF89a" + bytes(7), b"\0", "cut off"),
        (b"%PDF-1.4", b" ", "cut off"), (b"RIFF\0\0\0\0WAVE", b"\0", "no format"),
    ],
)  # fmt: skip
def test_the_largest_file_is_told_in_time(start: bytes, filled: bytes, told: str) -> None:
    """Filled with what is skipped, or parts of nothing: under 1.5 seconds of a processor."""
    content = start + filled * ((MOST_FILE_BYTES - len(start)) // len(filled))
    started = time.process_time()
    with pytest.raises(ValueError, match=told):
        media_type_of(content)
    assert time.process_time() - started < 1.5


def test_fill_and_markers_without_a_length_are_skipped() -> None:
    """ITU-T T.81, B.1.1.2: any marker may have fill before it; padding stands between a tag and its audio."""
    photo = jpeg()
    assert media_type_of(photo[:2] + b"\xff\xff\xff\xd0\xff" + photo[2:]) == "image/jpeg"
    assert pixels("image/jpeg", photo[:2] + b"\xff\xff\xff\xd0\xff" + photo[2:]) == (6, 4)
    assert media_type_of(b"ID3\x04\0\0\0\0\0\2" + bytes(9) + b"\xff\xfb\x90\0") == "audio/mpeg"


def test_a_thumbnail_in_a_photo_is_not_its_end() -> None:
    """A JPEG that is cut in its scan holds the end of its thumbnail; what follows the end is not looked at."""
    photo = jpeg(thumbnail=jpeg())
    assert media_type_of(photo + b"\0MPF") == "image/jpeg"
    with pytest.raises(ValueError, match="cut off"):
        media_type_of(photo[:-2])


def test_the_size_of_an_image_is_in_its_headers() -> None:
    """Width and height, in pixels."""
    made = {
        "image/png": png(8, 9),
        "image/jpeg": jpeg(6, 4),
        "image/gif": gif(3, 2),
        "image/webp": webp(5, 7),
    }
    assert [pixels(kind, data) for kind, data in made.items()] == [(8, 9), (6, 4), (3, 2), (5, 7)]
    assert pixels("application/pdf", pdf()) is None


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
@pytest.mark.parametrize("options", [{}, {"lossless": True}])
def test_images_of_another_writer_are_read_alike(form: str, options: dict[str, bool]) -> None:
    """Pillow writes each form; type and size are its own."""
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    target = BytesIO()
    image.new("RGB", (70, 33), (9, 80, 200)).save(target, form, **options)
    media_type = media_type_of(target.getvalue())
    assert (media_type, pixels(media_type, target.getvalue())) == (f"image/{form.lower()}", (70, 33))


def test_a_file_is_its_content() -> None:
    """Not its name or place; its JSON value has no content."""
    one, other = File.from_bytes(png()), File.from_data_url(data_url(png(), "image/png"))
    assert one == other
    assert one != File.from_bytes(png(rgb=(0, 0, 255)))
    assert json.loads(json.dumps(one.value)) == {
        "sha256": one.sha256,
        "media_type": "image/png",
        "bytes": len(png()),
    }
    assert is_file_value(json.loads(json.dumps(one.value)))
    for wrong in (
        {"sha256": "x"},
        {"media_type": []},
        {"media_type": "text/html"},
        {"bytes": "1"},
        {"more": 1},
    ):
        assert not is_file_value({**one.value, **wrong})


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("data:image/png;base64", "no comma"),
        ("data:image/png,abc", "not in base64"),
        ("data:image/png;base64,@@@@", "not base64"),
        ("data:image/png;base64,iVBO", "no known type"),
        ("data:image/png;base64,", "empty"),
        (data_url(png(), "image/jpeg"), "says image/jpeg and is a PNG image"),
        (data_url(pdf(), ""), "says no type and is a PDF"),
        ("data:image/png;base64," + "A" * 30_000_000, "at most 20,000,000"),
    ],
)
def test_a_data_url_that_lies_or_is_damaged_is_refused(url: str, told: str) -> None:
    """Its type must be that of its bytes."""
    with pytest.raises(UsageError, match=told):
        File.from_data_url(url)


@pytest.mark.parametrize(
    ("data", "name"), [(jpeg(), "image/jpg"), (mp3(), "audio/mp3"), (wav(), "audio/x-wav")]
)
def test_other_names_of_a_type_are_taken(data: bytes, name: str) -> None:
    """As browsers and libraries write them."""
    assert File.from_data_url(data_url(data, name)).size == len(data)


def test_a_file_that_changes_is_not_sent(tmp_path: Path) -> None:
    """What was checked is what is read, or nothing is."""
    path = tmp_path / "a.png"
    path.write_bytes(png())
    file = File.from_path(path)
    assert file.read() == png()
    path.write_bytes(png(rgb=(1, 2, 3)))
    with pytest.raises(ProviderError, match="changed while it was used"):
        file.read()
    path.unlink()
    with pytest.raises(ProviderError, match=r"a\.png cannot be read any more: No such file"):
        file.read()


def test_a_path_that_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    """A pipe is not waited for, a device not read."""
    os.mkfifo(tmp_path / "pipe")
    for path, told in (
        (tmp_path / "pipe", "not a regular"),
        (Path("/dev/zero"), "not a regular"),
        (tmp_path, "director"),
    ):
        with pytest.raises(UsageError, match=told):
            File.from_path(path)
