"""S33: links that came with a repository, met by each verb that writes; nothing outside is changed."""

import subprocess
from pathlib import Path

import pytest

from .conftest import Workspace


@pytest.fixture
def outside(workspace: Workspace) -> Path:
    """A directory beside the workspace, with a precious file."""
    made = workspace.root.parent / "outside"
    made.mkdir()
    (made / "victim").write_text("precious")
    return made


def untouched(outside: Path) -> bool:
    (left,) = outside.iterdir()
    return left.name == "victim" and left.read_text() == "precious"


LINKS = {
    "evals/baselines": ("outside", ["baseline", "set"]),
    "evals/baselines/s.json": ("outside/victim", ["baseline", "set"]),
    "prompts/prompts.lock": ("outside/new", ["lock"]),
    "replies/main.jsonl": ("outside/victim", ["run", "-q", "--record", "replies/main.jsonl"]),
    "replies": ("outside", ["run", "-q", "--record", "replies/main.jsonl"]),
    ".prompteval": ("outside", ["run", "-q"]),
    ".prompteval/.gitignore": ("outside/new", ["run", "-q"]),
    ".prompteval/results.sqlite": ("outside/new", ["run", "-q"]),
    ".prompteval/results.sqlite-wal": ("outside/victim", ["run", "-q"]),
    ".prompteval/cache.sqlite": ("outside/victim", ["run", "-q"]),
    ".prompteval/cache.sqlite-lock": ("outside/new", ["run", "-q"]),
}


@pytest.mark.parametrize("link", LINKS)
def test_s33_nothing_is_written_through_a_link(workspace: Workspace, outside: Path, link: str) -> None:
    """Refused in one line, exit 2; a recording before the first call."""
    target, arguments = LINKS[link]
    if arguments[0] != "run":
        workspace.run("run", "-q", code=0)
    (workspace.root / link).parent.mkdir(parents=True, exist_ok=True)
    (workspace.root / link).symlink_to(workspace.root.parent / target)
    found = workspace.run(*arguments, code=2)
    assert "leads out of" in found.stderr or "is a symbolic link" in found.stderr
    assert untouched(outside)


def test_s33_a_store_elsewhere_is_named_by_the_user(workspace: Workspace, outside: Path) -> None:
    """The settings may not; PROMPTEVAL_STORE may, for every verb."""
    workspace.write("prompteval.toml", 'store = "../outside/r.sqlite"')
    assert "PROMPTEVAL_STORE" in workspace.run("run", "-q", code=2).stderr
    assert "PROMPTEVAL_STORE" in workspace.run("runs", code=2).stderr
    assert "prompteval.toml:1:1 PE121" in workspace.run("check", code=2).stdout
    assert untouched(outside)
    place = str(outside / "mine" / "r.sqlite")
    workspace.run("run", "-q", code=0, PROMPTEVAL_STORE=place)
    assert "pass" in workspace.run("runs", code=0, PROMPTEVAL_STORE=place).stdout
    assert Path(place).stat().st_mode & 0o777 == 0o600


def test_s33_init_writes_through_no_link(workspace: Workspace, outside: Path) -> None:
    """A directory of a stranger's repository may hold some."""
    (workspace.root / "demo").mkdir()
    (workspace.root / "demo" / "evals").symlink_to(outside)
    assert "leads out of" in workspace.run("init", "demo", code=2).stderr
    assert [item.name for item in (workspace.root / "demo").iterdir()] == ["evals"]
    (workspace.root / "demo" / "evals").unlink()
    (workspace.root / "demo" / "prompteval.toml").symlink_to(outside / "new")
    assert "already exists" in workspace.run("init", "demo", code=2).stderr
    assert untouched(outside)


def test_f36_the_store_is_no_case_file(workspace: Workspace) -> None:
    """A suite that names it is refused, for reading it would drop its locks."""
    workspace.run("run", "-q", code=0)
    text = (workspace.root / "evals" / "s.yaml").read_text()
    workspace.write("evals/s.yaml", text.replace("../datasets/c.jsonl", "../.prompteval/results.sqlite"))
    assert "where prompteval keeps its own files" in workspace.run("check", code=2).stdout


def test_s33_a_committed_state_folder_is_warned_of(workspace: Workspace) -> None:
    """One line, by `check` and by `run`; the directory that a run made is ignored by git and said nothing of."""

    def warned(*arguments: str) -> int:
        return workspace.run(*arguments, code=0).stderr.count(".prompteval or the store is committed")

    def git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=workspace.root, check=True, capture_output=True)

    git("init")
    workspace.run("run", "-q", code=0)
    git("add", ".")
    assert (warned("check"), warned("run", "-q")) == (0, 0)
    git("add", "-f", ".prompteval/results.sqlite")
    assert (warned("check"), warned("run", "-q")) == (1, 1)
