"""Files that cases name: read inside the workspace, told by their bytes, or refused with the reason."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from prompteval.cases.files import file_reader
from prompteval.core.errors import ProviderError
from prompteval.core.media import File, FileValue, WrongFile
from prompteval.workspace.tree import WorkingTree
from tests.media_files import data_url, pdf, png


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace with every kind of thing that is no file to send, and one outside that is."""
    root = tmp_path / "workspace"
    (root / "data/empty").mkdir(parents=True)
    (root / ".prompteval").mkdir()
    for path in ("data/a.png", ".prompteval/a.png", "../out.png", "data/page.pdf"):
        (root / path).write_bytes(png())
    (root / "data/cut.png").write_bytes(png()[:-5])
    (root / "data/none.png").write_bytes(b"")
    (root / "data/page.png").write_text("<!doctype html><img src=x>")
    (root / "data/drawing.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (root / "data/huge.png").touch()
    os.truncate(root / "data/huge.png", 30_000_000_000)
    (root / "data/link.png").symlink_to(root / "../out.png")
    (root / "data/inside.png").symlink_to("a.png")
    (root / "data/loop.png").symlink_to("loop.png")
    (root / "data/null.png").symlink_to("/dev/null")
    os.mkfifo(root / "data/pipe.png")
    return root


@pytest.mark.parametrize(
    "text", ["a.png", "./a.png", "../data/a.png", "inside.png", "page.pdf", data_url(png(), "image/png")]
)
def test_a_file_is_found_beside_the_case_file(root: Path, text: str) -> None:
    """By a path, a link inside the workspace, or a data URL; its type is that of its bytes."""
    found = file_reader(WorkingTree(root), "data")(text)
    assert isinstance(found, FileValue)
    assert (found["media_type"], found.file) == ("image/png", File.from_bytes(png()))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("b.png", "b.png: no such file"),
        ("empty", "it is a directory"),
        ("none.png", "the file is empty"),
        ("cut.png", "begins as a PNG image and is cut off"),
        ("page.png", "it is an HTML page"),
        ("drawing.svg", "it is an SVG drawing"),
        ("huge.png", "at most 20,000,000"),
        ("link.png", "leads out of the workspace"),
        ("null.png", "leads out of the workspace"),
        ("../../out.png", "leads out of the workspace"),
        ("/etc/passwd", "leads out of the workspace"),
        ("loop.png", "loop"),
        ("pipe.png", "not a regular file"),
        ("../.prompteval/a.png", "where prompteval keeps its own files"),
        ("a\0.png", "NUL"),
        ("", "is empty; a file is a path beside the case file, or a data URL"),
        ("x" * 5_000, "a path beside the case file, or a data URL"),
        ("x" * 300, "File name too long"),
        ("https://example.org/a.png", "nothing is fetched"),
        ("file:///etc/passwd", "nothing is fetched"),
        ("data:image/png;base64,AAAAA", "not base64"),
        (data_url(pdf(), "image/png"), "says image/png and is a PDF document"),
    ],
)
def test_s5_what_is_no_file_to_send_is_refused(root: Path, text: str, told: str) -> None:
    """No path, link, device or pipe leads out of the workspace or is waited for; nothing is fetched."""
    found = file_reader(WorkingTree(root), "data")(text)
    assert isinstance(found, WrongFile)
    assert told in found.reason


class CountedTree(WorkingTree):
    """The working tree, and which of its directories were listed."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.listed: list[str] = []

    def list(self, prefix: str) -> list[str]:
        self.listed.append(f"{prefix}/**")
        return super().list(prefix)

    def list_directory(self, directory: str, most: int) -> Sequence[str]:
        self.listed.append(directory)
        return super().list_directory(directory, most)


def test_the_file_that_may_have_been_meant_is_looked_for_in_one_listing(root: Path) -> None:
    """However many are missing, and never below their directory."""
    tree = CountedTree(root)
    read = file_reader(tree, "data")
    found = [read(text) for text in ("pagee.pdf", "drawin.svg", "empty/../pag.pdf")]
    assert [one.reason.rpartition("(")[2] for one in found if isinstance(one, WrongFile)] == [
        "did you mean 'page.pdf'?)", "did you mean 'drawing.svg'?)", "did you mean 'empty/../page.pdf'?)",
    ]  # fmt: skip
    assert tree.listed == ["data"]


def test_a_file_is_read_again_where_it_is_sent(root: Path) -> None:
    """Its content is not held; what became of it is said."""
    found = file_reader(WorkingTree(root), "data")("a.png")
    assert isinstance(found, FileValue)
    assert not found.file.held
    (root / "data/a.png").unlink()
    (root / "data/a.png").symlink_to(root / "../out.png")
    with pytest.raises(
        ProviderError, match=r"data/a\.png cannot be read any more: leads out of the workspace"
    ):
        found.file.read()


@pytest.mark.parametrize(
    "text", ["link.png", "loop.png", "pipe.png", "empty", "null.pn", "pip.png", "lin.png"]
)
def test_only_a_file_that_can_be_read_is_suggested(root: Path, text: str) -> None:
    """Never the one that was refused, a link out of the workspace, a pipe or a directory."""
    found = file_reader(WorkingTree(root), "data")(text)
    assert isinstance(found, WrongFile)
    assert not any(name in found.reason for name in ("'link.png'", "'null.png'", "'pipe.png'", "'loop.png'"))
    assert ("did you mean" in found.reason or "known: " in found.reason) == ("no such file" in found.reason)
