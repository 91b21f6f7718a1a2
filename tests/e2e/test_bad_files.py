"""Every file a user may hand over, broken in every way: one line that says what, exit 2, no traceback.

The command line runs in this process, so that an exception nobody caught fails the test by itself.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from prompteval.cli.app import run
from tests.e2e.conftest import Workspace

Told = Callable[..., tuple[int, list[str]]]
FILES = ["prompteval.toml", "prompts/route/v1.py", "evals/s.yaml", "model.jsonl", "datasets/c.jsonl"]


@pytest.fixture
def told(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """(exit code, lines with a problem or an error) of a command line in the workspace."""
    monkeypatch.chdir(workspace.root)

    def call(*arguments: str) -> tuple[int, list[str]]:
        with pytest.raises(SystemExit) as ended:
            run(arguments)
        shown = capsys.readouterr()
        lines = [
            line for line in (shown.out + shown.err).splitlines() if re.search(r"PE\d{3} |error: ", line)
        ]
        return int(ended.value.code or 0), lines

    return call


def break_file(path: Path, how: str) -> None:
    before = path.read_bytes()
    if how in ("folder", "circle", "nowhere", "pipe"):
        path.unlink()
        {
            "folder": lambda: path.mkdir(),
            "circle": lambda: path.symlink_to(path.name),
            "nowhere": lambda: path.symlink_to("no-such-file"),
            "pipe": lambda: os.mkfifo(path),
        }[how]()
    elif how == "locked":
        path.chmod(0)
    else:
        contents = {
            "binary": bytes(range(256)) * 20, "NUL": before + b"\0", "UTF-16": before.decode().encode("utf-16"),
            "Latin-1": before + "# \u00e9\n".encode("latin-1"), "[[[": b"[" * 200_000, "{{{": b'{"a":' * 200_000,
            "deep": b'{"id": "a", "inputs": {"message": ' + b"[" * 900 + b"]" * 900 + b"}}", "escapes": b"\x1b[31m not: [\n",
        }  # fmt: skip
        path.write_bytes(contents[how])


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    ("how", "wanted"),
    [
        ("binary", "PE103 NUL byte"), ("NUL", "PE103 NUL byte"), ("UTF-16", "PE102 the file is UTF-16"),
        ("Latin-1", "PE104 byte 0xe9 is not UTF-8"), ("[[[", ""), ("{{{", ""), ("deep", ""), ("escapes", ""),
    ],
)  # fmt: skip
def test_b4_a_file_that_cannot_be_read_as_text_is_one_line(
    workspace: Workspace, told: Told, file: str, how: str, wanted: str
) -> None:
    """`check` and `run` name the file, the line and the column, and stop there."""
    break_file(workspace.root / file, how)
    for verb in ("check", "run"):
        code, lines = told(verb)
        assert (code, len(lines)) == (2, 1)
        assert re.search(rf"^\S*{re.escape(file)}:\d+:\d+ PE\d{{3}} ", lines[0]), lines
        assert wanted in lines[0] and "\x1b" not in lines[0] and len(lines[0]) < 700


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("how", ["folder", "circle", "nowhere", "pipe", "locked"])
def test_a_place_without_a_file_is_one_line(workspace: Workspace, told: Told, file: str, how: str) -> None:
    """A directory, a link in a circle or to nothing, a pipe, a file without the right to read it."""
    break_file(workspace.root / file, how)
    if how == "locked" and os.access(workspace.root / file, os.R_OK):
        pytest.skip("this user may read every file")
    if file == "evals/s.yaml" and how in ("folder", "pipe"):
        assert told("run")[0] == 5  # a directory is no suite, and nothing is left
        return
    for verb in ("check", "run"):
        code, lines = told(verb)
        assert (code, len(lines)) == (2, 1), lines
        assert (
            Path(file).name in lines[0] or "no prompt named 'route'" in lines[0] or "no workspace" in lines[0]
        )


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("how", ["BOM", "CRLF"])
def test_b4_what_windows_editors_write_is_accepted(
    workspace: Workspace, told: Told, file: str, how: str
) -> None:
    """A byte order mark and CRLF change nothing."""
    workspace.write("evals/baselines/s.json", "{}")
    path = workspace.root / file
    before = path.read_bytes()
    path.write_bytes(b"\xef\xbb\xbf" + before if how == "BOM" else before.replace(b"\n", b"\r\n"))
    assert (told("check"), told("run", "-q")) == ((0, []), (0, []))


@pytest.mark.parametrize(
    ("name", "data", "wanted"),
    [
        ("c.csv", b"id,inputs.message\na,x\nb,M\xfcller\n", "c.csv:3:4 PE104 byte 0xfc is not UTF-8"),
        ("c.csv", b"id,inputs.message\na,x\0\n", "c.csv:2:4 PE103 NUL byte"),
        ("c.csv", "id,inputs.message\n".encode("utf-16"), "c.csv:1:1 PE102 the file is UTF-16"),
        ("c.csv", b'id,inputs.message\na,x\nb,"x" y\n', "c.csv:3:1 PE304 not CSV"),
        ("c.csv", b'id,inputs.message\na,"x\n', "c.csv:2:1 PE304 not CSV: unexpected end of data"),
        ("c.csv", b"", "PE304 missing column 'id'"),
        ("c.yaml", b"- id: a\n  inputs: {message: \x07}\n", "c.yaml:2:21 PE106 not YAML: the character U+0007"),
        ("c.yaml", b"id: a\n", "PE302 a case file must be a list of cases"),
        ("c.yaml", b"- id: a\n---\n- id: b\n", "c.yaml:2:1 PE107 a second document begins"),
        ("c.txt", b"x", "PE301 cases are read from .jsonl"),
        ("c.jsonl", b'{"id": "a", "inputs": {"message": 1e999}}\n', "c.jsonl:1:1 PE3"),
    ],
)  # fmt: skip
def test_b4_case_files_of_other_kinds(
    workspace: Workspace, told: Told, name: str, data: bytes, wanted: str
) -> None:
    """CSV and YAML name line and column as JSONL does."""
    (workspace.root / "datasets" / name).write_bytes(data)
    suite = (workspace.root / "evals/s.yaml").read_text().replace("c.jsonl", name)
    workspace.write("evals/s.yaml", suite.replace("slices: [channel]\n", ""))
    code, lines = told("check")
    assert (code, len(lines)) == (2, 1), lines
    assert wanted in lines[0], lines


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        (b"x" * 200_000, None),
        (b'"' + b"x" * 12_000_000 + b"\n" + b"x" * 12_000_000 + b'"', "c.csv:3:1 PE304 not CSV: field larger"),
    ],
    ids=["a long cell", "a cell over the limit, on two lines"],
)  # fmt: skip
def test_b4_cells_of_csv_are_as_long_as_a_line_may_be(
    workspace: Workspace, told: Told, cell: bytes, wanted: str | None
) -> None:
    """A cell of 200,000 characters is read; one over the limit of a line is a problem, on one line or on two."""
    (workspace.root / "datasets/c.csv").write_bytes(b"id,inputs.message\na," + cell + b"\n")
    suite = (workspace.root / "evals/s.yaml").read_text().replace("c.jsonl", "c.csv")
    workspace.write("evals/s.yaml", suite.replace("slices: [channel]\n", ""))
    code, lines = told("check")
    problems = [line for line in lines if "PE234" not in line]
    assert (code, len(problems)) == ((2, 1) if wanted else (0, 0)), lines
    assert wanted is None or wanted in problems[0]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a = ", "prompteval.toml:1:5 PE120 not TOML: Invalid value"),
        ("[models]\nm = 3", "prompteval.toml:2:1 PE121 models.m must be a table, not 3"),
        ("default_model = 'x'\n[models.m]\nmodel = 3", "prompteval.toml:3:1 PE121 model of model 'm' must be a string, not 3"),
        ("x = " + "[" * 5000, "prompteval.toml:1:1 PE120 not TOML: nested too deeply"),
    ],
)  # fmt: skip
def test_wrong_settings_stand_at_their_place(
    workspace: Workspace, told: Told, text: str, wanted: str
) -> None:
    """The line that sets the key, not the first that holds its letters."""
    workspace.write("prompteval.toml", text)
    assert [wanted in line for line in told("check")[1]] == [True]


@pytest.mark.parametrize("text", ["tool = 3\n", "[tool]\nprompteval = 3\n", "[tool.prompteval]\nx = 1\n"])
def test_a_strange_project_file_is_no_traceback(workspace: Workspace, told: Told, text: str) -> None:
    """A pyproject.toml whose tables are numbers is skipped or refused with a line."""
    (workspace.root / "prompteval.toml").unlink()
    workspace.write("pyproject.toml", text)
    code, lines = told("check")
    assert (code, len(lines)) == (2, 1)
