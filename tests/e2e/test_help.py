"""The help of every verb, and colour only where it is wanted."""

import os
import pty
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import typer

from prompteval.cli.app import app
from tests.forks import shared

COLOUR = re.compile(r"\x1b\[[\d;]*(?:3[0-8]|9[0-7])[\d;]*m")


def commands() -> dict[str, click.Command]:
    """Every verb by what is typed for it, those of a group as `group verb`."""
    found: dict[str, click.Command] = {}

    def add(group: Any, before: str) -> None:
        for name, command in group.commands.items():
            found[before + name] = command
            if hasattr(command, "commands"):
                add(command, f"{before}{name} ")

    add(typer.main.get_command(app), "")
    return found


COMMANDS = commands()


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_examples_that_can_be_typed(name: str) -> None:
    """Each example names this verb and options that it has."""
    epilog = COMMANDS[name].epilog or ""
    examples = re.findall(r"prompteval .*", epilog)
    own = [line for line in examples if line.startswith(f"prompteval {name}")]
    assert epilog.startswith(("Example: ", "\b\nExample")) and own
    known = {option for parameter in COMMANDS[name].params for option in parameter.opts} | {"--help"}
    for line in own:
        words = shlex.split(re.split(r" >| &&|  +", line)[0])
        assert {word for word in words if re.fullmatch(r"--?[a-z][\w-]*", word)} <= known, line


def test_examples_keep_their_columns(workspace: Any) -> None:
    """Help is not wrapped inside an example."""
    shown = workspace.run("--help", code=0, COLUMNS="80").stdout
    assert "    prompteval check                         validate everything, no model call\n" in shown


@pytest.fixture
def no_wishes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of the tests asks for no colour and forbids none."""
    for name in ("NO_COLOR", "FORCE_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_a_pipe_gets_colour_only_by_force(
    workspace: Any, no_wishes: None, variables: dict[str, str], coloured: bool
) -> None:
    """NO_COLOR wins over FORCE_COLOR; without either, a pipe gets plain text."""
    done = shared().run(workspace.root, "run", env=variables, memory=None)
    assert done.code == 0 and bool(COLOUR.search(done.stdout)) is coloured


@pytest.mark.parametrize(
    ("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_a_terminal_gets_colour_unless_told_not_to(
    workspace: Any, no_wishes: None, tmp_path: Path, variables: dict[str, str], coloured: bool
) -> None:
    """On a real pseudo-terminal; NO_COLOR and a dumb terminal are honoured."""
    shared().program(tmp_path / "prompteval")
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [str(tmp_path / "prompteval"), "run"],
        cwd=workspace.root, stdout=terminal, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm-256color", **variables},
    )  # fmt: skip
    os.close(terminal)
    shown = b""
    try:
        while piece := os.read(controller, 65536):
            shown += piece
    except OSError:  # how Linux says that the other end is closed
        os.close(controller)
    assert process.wait(timeout=60) == 0
    assert bool(COLOUR.search(shown.decode())) is coloured
