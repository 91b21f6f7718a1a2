"""F40: standard output and standard error closed, full, without a reader, or of another encoding."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prompteval.cli.app import run
from tests.e2e.conftest import SUITE, Workspace, workspace

__all__ = ["workspace"]
HOW = {
    "stdout closed": ">&-", "stderr closed": "2>&-", "all closed": "<&- >&- 2>&-", "disk full": ">/dev/full",
    "both full": ">/dev/full 2>/dev/full", "reader gone": "| head -c 1", "both gone": "2>&1 | true",
}  # fmt: skip


def shell(root: Path, line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The line in bash; the exit code is that of prompteval, also before a pipe."""
    program = f"'{sys.executable}' -m prompteval"
    script = f"{line.replace('prompteval', program)}\nexit ${{PIPESTATUS[0]}}"
    env = {**os.environ, "NO_COLOR": "1", **environment}
    return subprocess.run(
        ["bash", "-c", script], cwd=root, env=env, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("how", HOW.values(), ids=HOW)
@pytest.mark.parametrize(("gate", "code"), [("0.7", 0), ("0.8", 1)])
def test_f40_a_stream_that_fails_changes_no_verdict(
    workspace: Workspace, how: str, gate: str, code: int
) -> None:
    """The files are whole, the code is the gates', and nothing is said but that a disk is full."""
    workspace.write("evals/s.yaml", SUITE.replace("0.7", gate))
    done = shell(workspace.root, f"prompteval run -v -o r.json -o r.md {how}")
    assert done.returncode == code
    assert json.loads((workspace.root / "r.json").read_text())["exit_code"] == code
    assert "accuracy" in (workspace.root / "r.md").read_text()
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr
    said = "standard output: No space left on device" in done.stderr
    assert said is (how == HOW["disk full"])


@pytest.mark.parametrize("how", HOW.values(), ids=HOW)
def test_f40_check_fails_as_it_would(workspace: Workspace, how: str) -> None:
    """A problem is exit 2, wherever its line goes."""
    workspace.write("evals/z.yaml", "bad: [\n")
    assert shell(workspace.root, f"prompteval check {how}").returncode == 2


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-16"])
def test_f40_an_encoding_without_the_marks_takes_every_view(workspace: Workspace, encoding: str) -> None:
    """Tables, a comparison and one case, with outputs and labels that it cannot write."""
    workspace.cases(("Ω✓\u202e", "pay Ω", "payments"), ("c2", "it broke", "payments"))
    workspace.write("evals/s.yaml", SUITE.replace("0.7", "0.5"))
    for line in ("run", "show --case c2", "compare last last"):
        done = subprocess.run(
            [sys.executable, "-m", "prompteval", *line.split()], cwd=workspace.root, capture_output=True, check=False,
            env={**os.environ, "PYTHONIOENCODING": encoding}, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0 and done.stdout.decode(encoding) and b"Traceback" not in done.stderr, line


def test_f40_a_database_never_gets_the_number_of_a_closed_stream(workspace: Workspace) -> None:
    """A module that prints, with every stream closed: nothing of it is in the store."""
    text = (workspace.root / "prompts/route/v1.py").read_text()
    noise = "import os, sys\nfor n in (0, 1, 2):\n    os.write(n, b'MARK' * 9000)\nprint('MARK' * 9000)\n"
    workspace.write("prompts/route/v1.py", noise + text)
    assert shell(workspace.root, "prompteval run <&- >&- 2>&-").returncode == 0
    stored = [file.read_bytes() for file in (workspace.root / ".prompteval").rglob("*") if file.is_file()]
    assert stored and not any(b"MARKMARK" in data for data in stored)


def test_f40_a_file_that_cannot_be_written_is_2_and_the_others_are_there(workspace: Workspace) -> None:
    """The run is printed all the same, and the last line says why."""
    (workspace.root / "out").mkdir()
    prompt = (workspace.root / "prompts/route/v1.py").read_text()
    workspace.write("prompts/route/v1.py", f"import os\nos.path.isdir('out') and os.rmdir('out')\n{prompt}")
    done = workspace.run("run", "-o", "out/r.json", "-o", "r.md", code=2)
    assert "pass: " in done.stdout and (workspace.root / "r.md").stat().st_size > 100
    assert done.stderr.splitlines()[-1].startswith("exit 2: ")


def test_s37_a_module_that_prints_does_not_spoil_the_json(workspace: Workspace) -> None:
    """What it says goes to standard error, without escapes and commands."""
    text = (workspace.root / "prompts/route/v1.py").read_text()
    workspace.write("prompts/route/v1.py", "print('\\x1b]52;c;x\\x07\\n::error::hello')\n" + text)
    done: Any = workspace.run("run", "--json", code=0)
    assert json.loads(done.stdout)["verdict"] == "pass"
    assert "\x1b" not in done.stderr and "\n::" not in done.stderr and "error::hello" in done.stderr


def test_f40_a_file_of_output_is_whole_or_as_it_was(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A renderer that fails half way: the file there before stays, the others and the verdict come, exit 70."""

    def half(view: Any) -> Iterator[str]:
        yield "half"
        raise ValueError("in the middle")

    monkeypatch.setattr("prompteval.report.markdown.render", half)
    monkeypatch.chdir(workspace.root)
    workspace.write("r.md", "before")
    with pytest.raises(SystemExit) as ended:
        run(["run", "-o", "r.md", "-o", "r.csv"])
    shown = capsys.readouterr()
    assert (ended.value.code, (workspace.root / "r.md").read_text()) == (70, "before")
    assert len((workspace.root / "r.csv").read_text().splitlines()) == 5
    assert "pass: " in shown.out and "ValueError: in the middle" in shown.err
    assert not list(workspace.root.glob(".*.part"))


def test_f40_no_link_takes_a_file_of_output_out_of_the_workspace(
    workspace: Workspace, tmp_path: Path
) -> None:
    """A link that a repository brings is refused before the run; a path elsewhere is the user's own affair."""
    (tmp_path / "precious").write_text("precious")
    (workspace.root / "r.md").symlink_to(tmp_path / "precious")
    done = workspace.run("run", "-o", "r.md", code=2)
    assert "leads out of" in done.stderr and (tmp_path / "precious").read_text() == "precious"
    workspace.run("run", "-o", str(tmp_path / "r.md"), code=0)
    assert "accuracy" in (tmp_path / "r.md").read_text()
