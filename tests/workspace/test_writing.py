"""S33: nothing is written through a link out of the workspace; S23: what is private is its owner's alone."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.workspace.safe_paths import bounds_of
from prompteval.workspace.settings import Settings, Workspace, find_workspace
from prompteval.workspace.tree import WorkingTree
from prompteval.workspace.writing import make_directory, replacing, write_whole


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace with a precious file beside it."""
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "outside").mkdir()
    made = tmp_path / "ws"
    made.mkdir()
    (made / "prompteval.toml").write_text("")
    return made


def untouched(root: Path) -> bool:
    beside = root.parent
    return (beside / "victim").read_text() == "precious" and not list((beside / "outside").iterdir())


@pytest.mark.parametrize("target", ["../victim", "../outside", "../outside/new"])
def test_s33_a_link_that_leads_out_is_not_written_through(root: Path, target: str) -> None:
    """As the file itself, as its directory, and where it leads to nothing yet."""
    (root / "file").symlink_to(target)
    (root / "folder").symlink_to("../outside")
    for path in (root / "file", root / "folder" / "new", root / "folder" / "more" / "new"):
        with pytest.raises(UsageError, match="leads out of"):
            write_whole(path, [b"x"], within=root)
        with pytest.raises(UsageError, match="leads out of"):
            make_directory(path, within=root)
    assert untouched(root)


def test_a_link_inside_the_workspace_is_followed(root: Path) -> None:
    """It stays a link, and the file behind it is replaced."""
    (root / "real").write_text("old")
    (root / "link").symlink_to("real")
    write_whole(root / "link", [b"ne", b"w"], within=root)
    assert ((root / "link").is_symlink(), (root / "real").read_text()) == (True, "new")


def test_a_file_is_replaced_whole_or_not_at_all(root: Path) -> None:
    """An error leaves what was there, and nothing beside it; another name of the old file keeps its text."""
    path = root / "file"
    path.write_text("old")
    os.link(path, root / "other")
    with pytest.raises(ValueError), replacing(path, within=root) as file:
        file.write(b"half")
        raise ValueError
    names = sorted(item.name for item in root.iterdir())
    assert (path.read_text(), names) == ("old", ["file", "other", "prompteval.toml"])
    write_whole(path, [b"new"], within=root)
    assert (path.read_text(), (root / "other").read_text()) == ("new", "old")


def test_what_is_no_regular_file_is_not_replaced(root: Path) -> None:
    """A pipe or a device, by itself or behind a link, and wherever it is: it would be gone for everybody."""
    os.mkfifo(root / "pipe")
    (root / "link").symlink_to("pipe")
    for path in (root / "pipe", root / "link", root):
        for within in (root, None):
            with pytest.raises(UsageError, match="is not a regular file"):
                write_whole(path, [b"x"], within=within)
    assert (root / "pipe").is_fifo()


def test_s23_modes(root: Path) -> None:
    """A private file is 0600; another keeps the mode it has, or has what the umask leaves."""
    for name, private in (("private", True), ("open", False), ("new", False)):
        (root / name).write_text("old") if name != "new" else None
        (root / name).chmod(0o664) if name != "new" else None
        write_whole(root / name, [b"x"], within=root, private=private)
    mask = os.umask(0)
    os.umask(mask)
    modes = [(root / name).stat().st_mode & 0o777 for name in ("private", "open", "new")]
    assert modes == [0o600, 0o664, 0o666 & ~mask]


def test_s23_the_state_folder_of_an_older_version_becomes_private(root: Path) -> None:
    """0700, whatever it was."""
    (root / ".prompteval").mkdir(mode=0o755)
    (root / ".prompteval").chmod(0o755)
    assert find_workspace(root).state_dir().stat().st_mode & 0o777 == 0o700
    assert (root / ".prompteval" / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("link", [".prompteval", ".prompteval/.gitignore"])
def test_s33_a_state_folder_that_is_a_link_out_is_refused(root: Path, link: str) -> None:
    """Also one to nothing, and the .gitignore in it."""
    (root / link).parent.mkdir(exist_ok=True)
    (root / link).symlink_to(root.parent / "outside" / "new")
    with pytest.raises(UsageError, match=r"leads out of|is a symbolic link"):
        find_workspace(root).state_dir()
    assert untouched(root)


@pytest.mark.parametrize("store", ["../outside/r.sqlite", "/nowhere/r.sqlite", "link/r.sqlite"])
def test_s33_a_store_elsewhere_is_the_users_word_alone(
    root: Path, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings came with the repository; the variable comes from the user."""
    (root / "link").symlink_to("../outside")
    (root / "prompteval.toml").write_text(f'store = "{store}"')
    with pytest.raises(UsageError, match=r"leads out of the workspace \(name .* PROMPTEVAL_STORE\)"):
        find_workspace(root).store_place()
    monkeypatch.setenv("PROMPTEVAL_STORE", "../outside/mine.sqlite")
    assert find_workspace(root).store_place().file == root.parent / "outside" / "mine.sqlite"
    monkeypatch.setenv("PROMPTEVAL_STORE", "")
    inside = replace(find_workspace(root), settings=Settings(store="kept/r.sqlite"))
    assert inside.store_place().file == root / "kept" / "r.sqlite"


def test_f36_what_prompteval_keeps_is_no_content(root: Path) -> None:
    """A suite that names the store as its cases would open it, and so drop its locks."""
    workspace = Workspace(root, Settings(), root / "prompteval.toml")
    (workspace.state_dir() / "c.jsonl").write_text("{}")
    tree = WorkingTree(root)
    with pytest.raises(InvalidInput, match="where prompteval keeps its own files"):
        tree.open("evals/../.prompteval/c.jsonl")
    assert tree.list(".") == ["prompteval.toml"]


def test_a_path_of_the_command_line_is_bounded_where_it_starts_inside(root: Path) -> None:
    """A file elsewhere is the user's own affair."""
    (root / "link").symlink_to("../outside")
    assert bounds_of(root, root / "link" / "r.jsonl") == root
    assert bounds_of(root, root / ".." / "outside" / "r.jsonl") is None
