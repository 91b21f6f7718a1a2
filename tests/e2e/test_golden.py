"""Every report format over one stored run, and every help page, word for word (`make golden` writes them)."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from prompteval.core.registry import table
from tests.e2e.test_help import COMMANDS
from tests.e2e.test_stored_formats import FIRST, STORED
from tests.forks import shared
from tests.golden import CHANGED, DIRECTORY, kept

pytestmark = pytest.mark.golden
ENDINGS = {"junit": "xml", "markdown": "md"}
SHOWN = {"show": ("show", FIRST), "show-case": ("show", FIRST, "--worst", "3"), "gate": ("gate", FIRST)}
# The last digits of a float differ between builds of numpy.
LAST_DIGITS = re.compile(r"(\d\.\d{6})\d+")
# Styles and scripts have files of their own, and tests.
ASSETS = re.compile(r"(<(?:style|script)>).*?(</(?:style|script)>)", re.DOTALL)
# So does the policy that names them by their hashes.
HASHES = re.compile(r"sha256-[\w+/]{43}=")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace with the runs that tests/fixtures/v0 stores."""
    made = tmp_path / "workspace"
    shutil.copytree(STORED / "workspace", made)
    shutil.copytree(STORED / "state", made / ".prompteval")
    return made


@pytest.mark.parametrize("name", table("prompteval.reporters"))
def test_a_report_is_as_it_was(name: str, root: Path) -> None:
    """Each format of `-o`, of the same run."""
    file = f"report.{ENDINGS.get(name, name)}"
    done = shared().run(root, "report", FIRST, "-o", file)
    assert done.code == 0, done.stderr
    text = ASSETS.sub(r"\1\2", (root / file).read_text(encoding="utf-8"))
    text = HASHES.sub("sha256-", text)
    text = LAST_DIGITS.sub(r"\1", text)
    assert kept(DIRECTORY / file, text) == text, CHANGED


@pytest.mark.parametrize("name", SHOWN)
def test_a_terminal_view_is_as_it_was(name: str, root: Path) -> None:
    """The tables, the worst cases, the gates of a stored run."""
    done = shared().run(root, *SHOWN[name], env={"NO_COLOR": "1", "COLUMNS": "100"})
    assert done.stdout and done.code in (0, 1), done.stderr
    assert kept(DIRECTORY / f"{name}.txt", done.stdout) == done.stdout, CHANGED


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_is_as_it_was(name: str, workspace: Any) -> None:
    """The program's own, and that of every verb."""
    shown = workspace.run(*name.split(), "--help", code=0, COLUMNS="100").stdout
    page = DIRECTORY / "help" / f"{name.replace(' ', '-') or 'prompteval'}.txt"
    assert kept(page, shown) == shown, CHANGED
