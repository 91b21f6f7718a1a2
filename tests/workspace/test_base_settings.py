"""In a pull request, whose code runs and where keys go is what the base says."""

import subprocess
from pathlib import Path

import pytest

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.providers.open import check_model
from prompteval.providers.openai import server_url
from prompteval.workspace.settings import Settings, find_workspace

BASE = """
allow = ["team"]
env = ["APP_KEY"]
[models.ours]
model = "m"
base_url = "http://127.0.0.1:1/v1"
api_key_env = "OUR_KEY"
"""
PULLED = """
default_model = "new"
allow = ["subprocess"]
env = ["GITHUB_TOKEN"]
store = "elsewhere.sqlite"
[models.ours]
model = "m2"
base_url = "http://127.0.0.1:2/v1"
api_key_env = "GITHUB_TOKEN"
[models.new]
model = "m"
base_url = "http://127.0.0.1:2/v1"
[models.plain]
model = "m"
rpm = 3
"""


def commit(root: Path, **files: str) -> None:
    for name, text in files.items():
        (root / name.replace("_", ".")).write_text(text)
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "one"]):
        name = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *name, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def pulled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose settings differ from those of the commit that is its base."""
    commit(tmp_path, prompteval_toml=BASE)
    (tmp_path / "prompteval.toml").write_text(PULLED)
    monkeypatch.setenv("PROMPTEVAL_BASE", "HEAD")
    return tmp_path


def test_s40_what_opens_something_is_the_bases(pulled: Path) -> None:
    """The rest is the pull request's own."""
    settings = find_workspace(pulled).settings
    assert (settings.allow, settings.env, settings.store) == (("team",), ("APP_KEY",), Settings().store)
    ours = settings.models["ours"]
    assert (ours.base_url, ours.api_key_env, ours.model) == ("http://127.0.0.1:1/v1", "OUR_KEY", "m2")
    assert (settings.default_model, settings.models["plain"].rpm) == ("new", 3)


def test_s40_a_new_address_is_not_called(pulled: Path) -> None:
    """Nor is the default one in its place; the message says what to do."""
    workspace = find_workspace(pulled)
    for work in (lambda: check_model("new", workspace), lambda: server_url(workspace.settings.models["new"])):
        with pytest.raises(
            UsageError, match=r"'new': its base_url .* settings of HEAD \(merge the settings first"
        ):
            work()
    check_model("plain", workspace)


def test_s40_a_base_without_settings_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the base has them in another file, or has no workspace at all."""
    commit(tmp_path, pyproject_toml="[tool.prompteval]\nallow = ['team']\n")
    (tmp_path / "prompteval.toml").write_text(PULLED)
    monkeypatch.setenv("PROMPTEVAL_BASE", "HEAD")
    assert find_workspace(tmp_path).settings.allow == ("team",)
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    commit(tmp_path, x="")
    subprocess.run(["git", "rm", "-q", "--cached", "prompteval.toml"], cwd=tmp_path, check=True)
    commit(tmp_path, _gitignore="prompteval.toml")
    assert find_workspace(tmp_path).settings.allow == ()


def test_s40_a_base_that_cannot_be_read_is_an_error(pulled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never the pull request's own settings in its place."""
    monkeypatch.setenv("PROMPTEVAL_BASE", "nope")
    with pytest.raises(UsageError, match="no commit 'nope'"):
        find_workspace(pulled)
    commit(pulled, prompteval_toml="allow = 3\n")
    monkeypatch.setenv("PROMPTEVAL_BASE", "HEAD")
    with pytest.raises(InvalidInput, match="allow must be a list"):
        find_workspace(pulled)


def test_s40_a_header_of_a_gateway_is_the_bases(pulled: Path) -> None:
    """A gateway may pass a request, key and all, to where a header or the query says."""
    more = PULLED.replace('model = "m2"', 'model = "m2"\nheaders = {X-Target = "x"}\nquery = {to = "x"}')
    (pulled / "prompteval.toml").write_text(more)
    ours = find_workspace(pulled).settings.models["ours"]
    assert (ours.model, ours.headers, ours.query) == ("m2", None, None)


@pytest.mark.parametrize("text", ["", 'allow = ["team"]\n'])
def test_s40_a_workspace_whose_settings_are_gone_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """The one above it, whose suites pass, is not run in its place."""
    (tmp_path / "ws/evals").mkdir(parents=True)
    (tmp_path / "ws/prompteval.toml").write_text(text)
    commit(tmp_path, prompteval_toml=BASE)
    monkeypatch.setenv("PROMPTEVAL_BASE", "HEAD")
    assert find_workspace(tmp_path / "ws/evals").root == tmp_path / "ws"
    (tmp_path / "ws/prompteval.toml").unlink()
    with pytest.raises(UsageError, match="at HEAD the workspace is ws, whose settings no longer exist"):
        find_workspace(tmp_path / "ws/evals")
    assert find_workspace(tmp_path).settings.allow == ("team",)


def test_s40_a_table_that_is_empty_is_a_workspaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pyproject.toml of the base counts by its table; without one it opens nothing."""
    commit(tmp_path, pyproject_toml="[tool.prompteval]\n", prompteval_toml="")
    monkeypatch.setenv("PROMPTEVAL_BASE", "HEAD")
    (tmp_path / "prompteval.toml").unlink()
    (tmp_path / "pyproject.toml").write_text("[tool.prompteval]\nallow = ['x']\n")
    assert find_workspace(tmp_path).settings.allow == ()
