"""git is run so that neither a repository nor the caller's environment makes it run anything."""

import os
import subprocess
from pathlib import Path

import pytest

from prompteval.core.errors import UsageError
from prompteval.workspace.git import git, head_and_dirty, repository_top
from prompteval.workspace.tree import GitTree


def raw(directory: Path, *arguments: str) -> None:
    name = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always"]
    subprocess.run(["git", *name, *arguments], cwd=directory, check=True, capture_output=True)


def commit(directory: Path, **files: str) -> Path:
    """A repository with one commit of these files (`a_txt` is `a.txt`)."""
    directory.mkdir(exist_ok=True)
    raw(directory, "init", "-q")
    for name, text in files.items():
        (directory / name.replace("_", ".")).write_text(text)
    raw(directory, "add", "-A")
    raw(directory, "commit", "-qm", "one")
    return directory


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose file was touched, so that git compares its content."""
    made = commit(tmp_path / "repo", a_txt="one")
    os.utime(made / "a.txt", (1, 1))
    return made


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """What a command that should not run would write."""
    return tmp_path / "ran"


def test_a_new_file_of_the_content_counts_as_a_change(repository: Path) -> None:
    """A new version of a prompt is what runs; what Python compiled, what is ignored, and a note are not."""
    content = ("prompts", "datasets")
    for name in ("prompts/__pycache__/v1.pyc", "datasets/big.bin", "note.txt"):
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text("x")
    (repository / ".git/info/exclude").write_text("*.bin\n")
    found = head_and_dirty(repository, content)
    assert found is not None and not found[1]
    (repository / "prompts/route").mkdir()
    (repository / "prompts/route/v2.py").write_text("x")
    assert head_and_dirty(repository, content) == (found[0], True)
    assert head_and_dirty(repository) == found


@pytest.mark.parametrize("name", ["evil", "a=b", "a.b", "A B", ""])
@pytest.mark.parametrize("kind", ["clean", "process"])
def test_s34_a_filter_of_any_name_is_not_run(repository: Path, mark: Path, name: str, kind: str) -> None:
    """A name with `=` cannot be emptied by `git -c`."""
    (repository / ".git/info/attributes").write_text(f"*.txt filter={name}\n")
    with (repository / ".git/config").open("a") as config:
        config.write(f'[filter "{name}"]\n\t{kind} = "touch {mark}; cat"\n\trequired = true\n')
    found = head_and_dirty(repository)
    assert found is not None and not found[1]
    assert not mark.exists()


@pytest.mark.parametrize(
    "name", ["core.fsmonitor", "core.pager", "core.sshCommand", "diff.external", "core.editor"]
)
def test_s19_a_command_of_the_repository_is_not_run(repository: Path, mark: Path, name: str) -> None:
    """Neither by looking for changes nor by reading a commit."""
    raw(repository, "config", name, f"touch {mark}")
    (repository / ".git/hooks/post-index-change").write_text(f"#!/bin/sh\ntouch {mark}\n")
    (repository / ".git/hooks/post-index-change").chmod(0o755)
    assert head_and_dirty(repository) is not None
    assert GitTree(repository, "HEAD").read("a.txt") == b"one"
    assert not mark.exists()


def test_s34_the_filter_of_a_submodule_is_not_run(tmp_path: Path, mark: Path) -> None:
    """A submodule has settings of its own; of it only the commit is compared."""
    inner, outer = commit(tmp_path / "inner", b_txt="b"), commit(tmp_path / "outer", a_txt="a")
    raw(outer, "submodule", "add", "-q", str(inner), "sub")
    raw(outer, "commit", "-qm", "two")
    (outer / "sub/.gitattributes").write_text("* filter=evil\n")
    for setting in ("filter.evil.clean", "core.fsmonitor"):
        raw(outer / "sub", "config", setting, f"touch {mark}; cat")
    raw(outer, "config", "submodule.sub.ignore", "none")
    os.utime(outer / "sub/b.txt", (1, 1))
    found = head_and_dirty(outer)
    assert found is not None and not found[1]
    assert not mark.exists()
    raw(outer / "sub", "commit", "-q", "--allow-empty", "-m", "moved")
    assert head_and_dirty(outer) == (found[0], True)


def test_s34_core_worktree_leads_nowhere(repository: Path, tmp_path: Path) -> None:
    """The files are those beside `.git`; no other directory is listed."""
    raw(repository, "config", "core.worktree", str(tmp_path))
    found = head_and_dirty(repository)
    assert found is not None and not found[1]
    assert GitTree(repository, "HEAD").list("") == ["a.txt"]


def test_s34_nothing_is_fetched(tmp_path: Path, mark: Path) -> None:
    """An object that a promised remote would have is missing; its address is not called."""
    repository = commit(tmp_path / "repo", a_txt="one")
    for name, value in (
        ("remote.o.url", f"ext::sh -c touch% {mark}"), ("remote.o.promisor", "true"),
        ("extensions.partialClone", "o"), ("protocol.ext.allow", "always"),
        ("core.repositoryFormatVersion", "1"),
    ):  # fmt: skip
        raw(repository, "config", name, value)
    blob = git(repository, "rev-parse", "HEAD:a.txt").decode().strip()
    (repository / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(UsageError):
        GitTree(repository, "HEAD").read("a.txt")
    assert not mark.exists()


def test_s34_a_folder_that_looks_like_a_repository_is_none(repository: Path) -> None:
    """A bare repository can be committed to another one, with settings of its own."""
    raw(repository, "clone", "-q", "--bare", ".", "ws")
    raw(repository / "ws", "config", "core.bare", "false")
    assert head_and_dirty(repository / "ws") is None
    with pytest.raises(UsageError, match="cannot be used"):
        GitTree(repository / "ws", "HEAD")


def test_s34_the_callers_environment_is_not_passed_on(
    repository: Path, tmp_path: Path, mark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variables as git sets them for a hook, and settings in GIT_CONFIG_COUNT."""
    other = commit(tmp_path / "other", b_txt="b")
    for name, value in {
        "GIT_DIR": str(other / ".git"), "GIT_INDEX_FILE": str(other / ".git/index"),
        "GIT_WORK_TREE": str(other), "GIT_EXTERNAL_DIFF": f"touch {mark}", "GIT_TRACE": str(mark),
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor", "GIT_CONFIG_VALUE_0": f"touch {mark}",
        "GIT_CONFIG_PARAMETERS": f"'core.fsmonitor'='touch {mark}'",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    found = head_and_dirty(repository)
    assert found is not None and not found[1]
    assert GitTree(repository, "HEAD").list("") == ["a.txt"]
    assert not mark.exists()


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can give a directory away"
)
@pytest.mark.parametrize("how", ["count", "parameters"])
def test_b17_the_callers_safe_directory_holds(
    repository: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """A checkout that belongs to another user, as in a container."""
    for place in (repository, *repository.rglob("*")):
        os.chown(place, 4242, 4242)
    assert head_and_dirty(repository) is None
    if how == "count":
        monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
        monkeypatch.setenv("GIT_CONFIG_KEY_0", "Safe.Directory")
        monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(repository))
    else:
        monkeypatch.setenv("GIT_CONFIG_PARAMETERS", f"'core.bare'='false' 'safe.directory'='{repository}'")
    assert head_and_dirty(repository) is not None


def test_s35_git_is_not_taken_from_the_current_folder(
    repository: Path, mark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty or relative entry of PATH is the current directory."""
    (repository / "git").write_text(f"#!/bin/sh\ntouch {mark}\n")
    (repository / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f":.:{os.environ['PATH']}")
    assert head_and_dirty(repository) is not None
    assert not mark.exists()


def test_b17_what_git_cannot_take_is_one_sentence(repository: Path) -> None:
    """A NUL in a name of a commit; a `.git` that is no repository."""
    with pytest.raises(UsageError, match="no commit"):
        GitTree(repository, "a\0b")
    (repository / "ws/.git").mkdir(parents=True)
    assert repository_top(repository / "ws") == repository
    with pytest.raises(UsageError, match="git failed"):
        git(repository, "rev-parse", "--verify", "nope")


def test_s34_an_object_is_the_one_that_a_commit_names(repository: Path) -> None:
    """A refs/replace/ of the repository would put another file, or another commit, in its place."""
    head = git(repository, "rev-parse", "HEAD").decode().strip()
    blob = git(repository, "rev-parse", "HEAD:a.txt").decode().strip()
    commit(repository, a_txt="evil")
    raw(repository, "replace", blob, "HEAD:a.txt")
    raw(repository, "replace", head, "HEAD")
    assert GitTree(repository, head).read("a.txt") == b"one"


def test_s34_a_file_of_a_commit_has_a_size_limit(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A blob of gigabytes is some kilobytes in a pack."""
    commit(repository, b_txt="b" * 3000)
    monkeypatch.setattr("prompteval.workspace.git.MOST_BYTES", 2000)
    assert GitTree(repository, "HEAD").read("a.txt") == b"one"
    with pytest.raises(UsageError, match="git cat-file printed more than 2,000 bytes"):
        GitTree(repository, "HEAD").read("b.txt")


def test_s34_a_path_of_a_commit_is_no_pattern(tmp_path: Path) -> None:
    """Pathspec magic in a name lists that name alone."""
    tree = GitTree(commit(tmp_path / "repo", a_txt="one", **{":(top)a_txt": "two"}), "HEAD")
    assert tree.read(":(top)a.txt") == b"two"
    assert tree.list("*") == []


def test_f39_git_that_does_not_end_is_killed(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also one that prints nothing and closes nothing."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "bin/git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr("prompteval.workspace.git.GIT_SECONDS", 0.2)
    with pytest.raises(UsageError, match=r"git rev-parse did not end within 0.2 s"):
        git(repository, "rev-parse", "HEAD")
