"""Nothing of ours is imported from the directory the user is in."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from prompteval.isolate.path import SOURCE, worker_path
from prompteval.isolate.worker import Worker

TRAPS = ("random", "types", "token", "venv", "json", "sitecustomize", "usercustomize", "jinja2")


@pytest.fixture
def trapped(tmp_path: Path) -> Path:
    """A directory whose modules leave a mark when they are imported."""
    for name in TRAPS:
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nraise SystemExit(9)\n")
    return tmp_path


def test_s35_the_worker_imports_nothing_from_the_current_folder(
    trapped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither from the directory itself nor from one in it, though both stand first on the parent's path."""
    monkeypatch.chdir(trapped)
    monkeypatch.setattr(sys, "path", ["", ".", str(trapped), *sys.path])
    monkeypatch.setenv("PYTHONPATH", str(trapped))
    worker = Worker()
    assert worker.call("random:randint", 3, 3, timeout_s=5) == 3
    assert (
        worker.call("prompteval.prompt.template:render_here", "{{ a }}", {}, {"a": "x"}, timeout_s=5) == "x"
    )
    worker.close()
    assert not (trapped / "ran").exists()


def test_s35_installed_packages_stay_on_the_workers_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A virtual environment often is in the current directory; the order of entries is kept."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tests").mkdir()
    installed = str(tmp_path / ".venv/lib/python3/site-packages")
    given = ["/opt/lib", str(tmp_path), installed, str(tmp_path / "tests"), SOURCE]
    assert worker_path(given) == ["/opt/lib", installed, SOURCE]


@pytest.mark.parametrize(
    "start", [["-m", "prompteval"], ["-c", "from prompteval.__main__ import main; main()"]]
)
def test_s35_the_command_line_leaves_the_current_folder(tmp_path: Path, start: list[str]) -> None:
    """`python -m prompteval` in a directory with a `typer.py`: the installed one is imported."""
    (tmp_path / "typer.py").write_text("raise SystemExit(9)\n")
    (tmp_path / "yaml.py").write_text("raise SystemExit(9)\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, *start, "schema", "suite"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_s35_the_pytest_plugin_loads_without_the_current_folder(tmp_path: Path) -> None:
    """`python -m pytest` puts the current directory first; what the plugin needs is not taken from there."""
    (tmp_path / "jinja2.py").write_text("raise SystemExit(9)\n")
    (tmp_path / "prompteval.toml").write_text("")
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals/s.yaml").write_text("outputs: o.jsonl\ncases: [{id: a, inputs: x}]\n")
    (tmp_path / "evals/o.jsonl").write_text('{"id": "a", "output": "x"}\n')
    command = [sys.executable, "-m", "pytest", "-p", "prompteval.testing.plugin", "--collect-only", "-q"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "::a" in done.stdout, done.stdout + done.stderr
