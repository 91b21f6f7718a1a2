"""Completion in a real bash on a real pseudo-terminal: what Tab writes is what a person sees."""

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from prompteval.cli import completion

Typed = Callable[[str], str]


@pytest.fixture
def typed(workspace: Any, tmp_path: Path) -> Iterator[Typed]:
    """`typed(line)` types it and Tab, and gives what the terminal shows after it."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "prompteval"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m prompteval "$@"\n')
    program.chmod(0o755)
    environment = {**os.environ, "HOME": str(tmp_path), "TERM": "dumb"}
    environment["PATH"] = f"{program.parent}:{os.environ['PATH']}"
    installed = subprocess.run(
        # From bash, as a person does: which shell it is for is seen by what started it.
        ["bash", "-c", '"$0" --install-completion; exit $?', program],
        env=environment, cwd=workspace.root, capture_output=True,
    )  # fmt: skip
    assert installed.returncode == 0, installed
    with (tmp_path / ".bashrc").open("a") as file:
        file.write("PS1='pe> '\nbind 'set show-all-if-ambiguous on'\n")
    controller, terminal = pty.openpty()
    bash = subprocess.Popen(
        ["bash", "--noprofile", "--rcfile", tmp_path / ".bashrc", "-i"],
        stdin=terminal, stdout=terminal, stderr=terminal,
        cwd=workspace.root, env=environment, start_new_session=True,
    )  # fmt: skip
    os.close(terminal)

    def read_until(wanted: str) -> str:
        text, end = "", time.monotonic() + 20
        while wanted not in text and time.monotonic() < end:
            if select.select([controller], [], [], 0.2)[0]:
                text += os.read(controller, 65536).decode(errors="replace").replace("\x07", "")
        return text

    def type_line(line: str) -> str:
        read_until("pe> ")  # before its prompt, bash does not read Tab as a key
        os.write(controller, f"{line}\t\x15echo en''d\n".encode())
        return read_until("\nend\r\n")

    yield type_line
    bash.kill()
    bash.wait()
    os.close(controller)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("prompteval che", "prompteval check "),
        ("prompteval run --resume-", "prompteval run --resume-run "),
        ("prompteval run --prompt ro", "route@v1"),
        ("prompteval run ", "prompteval run s "),
        ("prompteval show la", "prompteval show last "),
        ("prompteval schema su", "prompteval schema suite "),
    ],
)
def test_tab_completes_verbs_options_and_names(typed: Typed, line: str, shown: str) -> None:
    """Verbs and options of the program; suites, prompts and runs of the workspace."""
    assert shown in typed(line)


def test_outside_a_workspace_nothing_is_offered(workspace: Any, typed: Typed) -> None:
    """No message and no traceback in the line that is being typed."""
    (workspace.root / "prompteval.toml").unlink()
    seen = typed("prompteval show la")
    assert "workspace" not in seen and "Traceback" not in seen and "show la" in seen


def test_s37_a_name_that_means_something_to_a_shell_is_not_offered(
    workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Escapes, substitutions, quotes, blanks and what looks like an option: as file names and as profiles."""
    hostile = (
        "a\x1b]0;t\x07",
        "$(touch x)",
        "`id`",
        "a b",
        'a"b',
        "a'b",
        "a;b",
        "a\nb",
        "-o",
        "a\u202eb",
        "a|b",
        "a\\b",
    )
    for name in hostile:
        workspace.write(f"evals/{name}.yaml", "")
    models = "".join(f"[models.{json.dumps(name)}]\nmodel = 'm'\n" for name in hostile)
    workspace.write("prompteval.toml", models + "[models.plain]\nmodel = 'm'\n")
    monkeypatch.chdir(workspace.root)
    assert completion.suites("") == ["s"]
    assert completion.models("") == ["local/use", "plain"]


def test_completion_says_nothing_where_something_breaks(
    workspace: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A store that is no database and settings that are no table: nothing is offered and nothing is printed."""
    (workspace.root / ".prompteval").mkdir()
    (workspace.root / ".prompteval/results.sqlite").write_bytes(b"\x1b[2J" * 4000)
    monkeypatch.chdir(workspace.root)
    assert completion.sides("x") == completion.runs("") == []
    workspace.write("prompteval.toml", "models = 1\n")
    assert completion.suites("") == [] and capsys.readouterr() == ("", "")
