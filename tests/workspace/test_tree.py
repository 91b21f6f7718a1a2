"""Trees never leave the workspace; commits are read without a checkout."""

import subprocess
from pathlib import Path

import pytest

from prompteval.core.errors import InvalidInput, NoSuchFile, UsageError
from prompteval.workspace import tree as tree_module
from prompteval.workspace.tree import GitTree, WorkingTree


def git(directory: Path, *arguments: str) -> None:
    name = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *name, *arguments], cwd=directory, check=True, capture_output=True)


@pytest.mark.parametrize("path", ["/etc/passwd", "../secret", "a/../../secret", "link/secret"])
def test_s5_paths_stay_inside(tmp_path: Path, path: str) -> None:
    """Absolute paths, `..` and symlinks that lead out are refused."""
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_text("x")
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(InvalidInput, match="leads out of the workspace"):
        WorkingTree(root).read(path)


@pytest.mark.parametrize("inside", [".", "ws"])
def test_a_directory_is_listed_alone(tmp_path: Path, inside: str) -> None:
    """Its regular files, the same on disk and at a commit; nothing below it, nothing where there is none."""
    root = tmp_path / inside
    (root / "p/below").mkdir(parents=True)
    for name in ("a.txt", "p/é.txt", "p/b.txt", "p/below/c.txt"):
        (root / name).write_text("x")
    (root / "p/loop").symlink_to("loop")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    for tree in (WorkingTree(root), GitTree(root, "HEAD")):
        assert tree.list_directory("p", 10) == ["b.txt", "é.txt"]
        assert (tree.list_directory("", 10), tree.list_directory("none", 10)) == (["a.txt"], [])
        assert len(tree.list_directory("p", 2)) <= 2


def test_git_tree_reads_a_commit_from_a_sub_folder(tmp_path: Path) -> None:
    """Paths are relative to the workspace, wherever it is in the repository; the work tree does not matter."""
    root = tmp_path / "ws"
    (root / "prompts").mkdir(parents=True)
    (root / "prompts" / "a.txt").write_text("old")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    (root / "prompts" / "a.txt").write_text("new")
    tree = GitTree(root, "HEAD")
    assert (tree.read("prompts/a.txt"), tree.list("prompts")) == (b"old", ["prompts/a.txt"])
    with pytest.raises(NoSuchFile, match="no such file at HEAD"):
        tree.read("prompts/b.txt")


def test_links_at_a_commit_are_followed_inside_only(tmp_path: Path) -> None:
    """As in the working tree; the text of a link is never read as the file. A submodule is no file."""
    root = tmp_path / "ws"
    (root / "p").mkdir(parents=True)
    (root / "a.txt").write_text("old")
    for name, target in (
        ("in", "../a.txt"),
        ("out", "../../secret"),
        ("abs", "/etc/passwd"),
        ("round", "round"),
    ):
        (root / "p" / name).symlink_to(target)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},ws/sub")
    git(tmp_path, "commit", "-qm", "one")
    tree = GitTree(root, "HEAD")
    assert tree.read("p/in") == b"old"
    for name, told in (
        ("p/out", "leads out"),
        ("p/abs", "leads out"),
        ("p/round", "loop"),
        ("sub", "submodule"),
    ):
        with pytest.raises(InvalidInput, match=told):
            tree.read(name)


def test_b17_missing_ref_and_no_repository(tmp_path: Path) -> None:
    """Both say what is wrong."""
    with pytest.raises(UsageError, match="not in a git repository"):
        GitTree(tmp_path, "HEAD")
    git(tmp_path, "init", "-q")
    with pytest.raises(UsageError, match="no commit 'nope'"):
        GitTree(tmp_path, "nope")


def test_s18_a_ref_that_looks_like_an_option_is_a_ref(tmp_path: Path) -> None:
    """A ref never reaches git as an option."""
    git(tmp_path, "init", "-q")
    with pytest.raises(UsageError, match="no commit"):
        GitTree(tmp_path, "--upload-pack=touch x")


def test_b24_a_file_that_is_read_whole_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte over it is refused; at it, all is read."""
    monkeypatch.setattr("prompteval.workspace.tree.MAX_READ_BYTES", 1_000)
    (tmp_path / "x.yaml").write_bytes(b"#" * 1_000)
    assert len(WorkingTree(tmp_path).read("x.yaml")) == 1_000
    (tmp_path / "x.yaml").write_bytes(b"#" * 1_001)
    with pytest.raises(InvalidInput, match="larger than 1,000 bytes"):
        WorkingTree(tmp_path).read("x.yaml")


def test_b24_a_large_file_of_a_commit_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its size in the tree, as in the working tree; a smaller one of the same commit is read."""
    (tmp_path / "large.txt").write_text("x" * 1_001)
    (tmp_path / "small.txt").write_text("x" * 1_000)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    monkeypatch.setattr(tree_module, "MAX_READ_BYTES", 1_000)
    for tree in (GitTree(tmp_path, "HEAD"), WorkingTree(tmp_path)):
        assert len(tree.read("small.txt")) == 1_000
        with pytest.raises(InvalidInput, match="is larger than 1,000 bytes"):
            tree.read("large.txt")
