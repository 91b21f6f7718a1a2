"""Mistakes on the command line: one line that names what to change, exit 2, nothing run."""

import os
from pathlib import Path

import pytest

from tests.e2e.conftest import SUITE, Workspace
from tests.e2e.test_bad_files import Told, told

__all__ = ["told"]


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ("run --model nope", "--model PE221 unknown model 'nope'"),
        ("run --prompt route@v9", "--prompt PE222 prompt 'route' has no version v9 (it has v1)"),
        ("run --prompt route@git:HEAD", "--prompt PE222"),
        ("run nope", "error: no suite named 'nope' (known: s)"),
        ("run -o r.htm", "-o r.htm: unsupported file extension '.htm' (did you mean '.html'?)"),
        ("run -o nowhere/r.html", "-o nowhere/r.html: nowhere does not exist (create the directory first)"),
        ("run -o evals.html", "-o evals.html: it is a directory"),
        ("run -k (a", "-k"),
        ("show nope", "the database does not exist; `prompteval run` creates one"),
        ("report last -o r.html", "the database does not exist; `prompteval run` creates one"),
        ("check --output-format sari", "did you mean 'sarif'?"),
        ("check nowhere.yaml", "nowhere.yaml does not exist"),
        ("init .", "prompteval.toml already exists; nothing was written"),
        ("init model.jsonl", "model.jsonl cannot be written: Not a directory"),
    ],
)
def test_a_wrong_argument_is_one_line(workspace: Workspace, told: Told, arguments: str, wanted: str) -> None:
    """It names the option or the file, and how to continue."""
    (workspace.root / "evals.html").mkdir()
    code, lines = told(*arguments.split())
    assert (code, len(lines)) == (2, 1), lines
    assert wanted in lines[0]
    assert not (workspace.root / ".prompteval").exists()


@pytest.mark.parametrize(
    ("file", "old", "new", "wanted"),
    [
        ("prompteval.toml", "", 'default_model = "nope/x"', "prompteval.toml PE221 unknown model 'nope/x'"),
        ("evals/s.yaml", "prompt: route", "prompt: route@", "evals/s.yaml:1:1 PE222 'route@' is not a prompt reference"),
        ("prompts/route/v1.py", "messages=[", 'model="nope/x", messages=[', "prompts/route/v1.py PE221"),
    ],
)  # fmt: skip
def test_a_model_is_named_where_it_was_chosen(
    workspace: Workspace, told: Told, file: str, old: str, new: str, wanted: str
) -> None:
    """The settings, the suite or the prompt that pins it."""
    workspace.write("evals/s.yaml", SUITE.replace("models: [scripted/model.jsonl]\n", ""))
    text = (workspace.root / file).read_text()
    workspace.write(file, text.replace(old, new, 1) if old else new)
    for verb in ("check", "run"):
        code, lines = told(verb)
        assert code == 2 and wanted in lines[0], lines


def test_a_recording_that_is_not_there_is_one_line(told: Told) -> None:
    """Named as it was written."""
    assert told("run", "--replay", "nowhere.jsonl") == (
        2,
        ["error: --replay nowhere.jsonl: no such file (record one with --record)"],
    )


def test_a_folder_that_is_gone_is_no_traceback(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody removed the directory this shell is in."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    os.rmdir(tmp_path / "gone")  # noqa: PTH106
    assert told("check") == (2, ["error: the current directory: No such file or directory"])
