"""Small images of cases: each kept once, no more than so many, and never what they are not."""

import os
from pathlib import Path

import pytest

from prompteval.core.media import File
from prompteval.store import thumbnails
from prompteval.store.thumbnails import ThumbnailFiles
from tests.media_files import data_url, pdf, png


def shade(number: int) -> File:
    return File.from_bytes(png(rgb=(number, 0, 0)))


def test_what_is_small_and_an_image_is_kept(tmp_path: Path) -> None:
    """And given back as a data URL; a document, a large image and an unknown hash are not."""
    kept = ThumbnailFiles(tmp_path)
    large = File.from_bytes(png(noise=70_000))
    for file in (shade(1), shade(1), File.from_bytes(pdf()), large):
        kept.keep(file)
    assert [path.name for path in (tmp_path / "thumbnails").iterdir()] == [shade(1).sha256]
    assert ThumbnailFiles(tmp_path).data_url(shade(1).sha256) == data_url(png(rgb=(1, 0, 0)), "image/png")
    assert [kept.data_url(key) for key in (large.sha256, "0" * 64, "../secret", "")] == ["", "", "", ""]
    kept.clear()
    assert not (tmp_path / "thumbnails").exists()


def test_a_file_that_changed_is_not_kept(tmp_path: Path) -> None:
    """It is read again, and is not what the case had."""
    path = tmp_path / "a.png"
    path.write_bytes(png())
    file = File.from_path(path)
    path.write_bytes(pdf())
    ThumbnailFiles(tmp_path).keep(file)
    assert list((tmp_path / "thumbnails").iterdir()) == []


def test_the_oldest_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the bound stays, what was used last; one run keeps no more than the bound."""
    monkeypatch.setattr(thumbnails, "MOST_KEPT", 4)
    (tmp_path / "thumbnails").mkdir()
    for number, used in ((0, 100), (1, 1), (2, 2), (3, 3), (4, 4), (5, 5)):
        place = tmp_path / "thumbnails" / shade(number).sha256
        place.write_bytes(shade(number).read())
        os.utime(place, (used, used))
    fresh = ThumbnailFiles(tmp_path)
    for number in range(10, 20):
        fresh.keep(shade(number))
    names = {path.name for path in (tmp_path / "thumbnails").iterdir()}
    assert names == {shade(number).sha256 for number in (0, 5, 10, 11, 12, 13)}


def test_s33_nothing_is_written_through_a_link_that_leads_out(tmp_path: Path) -> None:
    """Nor removed there."""
    (tmp_path / "state").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "state/thumbnails").symlink_to(tmp_path / "out")
    kept = ThumbnailFiles(tmp_path / "state")
    kept.keep(shade(1))
    (tmp_path / "out/mine").write_text("mine")
    kept.clear()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]
