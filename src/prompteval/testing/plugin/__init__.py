"""The pytest plugin: every suite in `evals/` becomes tests, one a case and one a gate.

pytest loads this module in every project where prompteval is installed, so it imports nothing
of its own until it meets a suite file of a workspace.
"""

import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from prompteval.testing.plugin.directory import DIRECTORY, SHARED, runs_directory

MARKERS = (
    "prompteval(tag='value', ...): a case of a suite with its tags, or one of its gates",
    "prompteval_gate: a gate of a suite",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The two options."""
    group = parser.getgroup("prompteval", "suites of prompts")
    live = "Call models behind a network, endpoints and callables; else such cases are skipped."
    group.addoption("--prompteval-live", action="store_true", help=live)
    replay = "Answer every suite from this recording; a stale one is an error."
    group.addoption("--prompteval-replay", metavar="FILE", type=Path, help=replay)


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known to --strict-markers."""
    for line in MARKERS:
        config.addinivalue_line("markers", line)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """YAML in `evals/` of a workspace, and no other file; one that cannot be run there says so."""
    if file_path.suffix.lower() not in (".yaml", ".yml"):
        return None
    directories = (directory.parent for directory in file_path.parents if directory.name == "evals")
    if not any(is_workspace(directory) for directory in directories):
        return None
    from prompteval.isolate.path import without_current_directory

    with without_current_directory():  # pytest may have put it first
        from prompteval.testing.plugin.collect import SuiteFile

    return SuiteFile.from_parent(parent, path=file_path)


@cache
def is_workspace(directory: Path) -> bool:
    """Whether a directory has settings of its own; found without loading the package."""
    if (directory / "prompteval.toml").is_file():
        return True
    project = directory / "pyproject.toml"
    if not project.is_file():
        return False
    import tomllib

    try:
        return "prompteval" in tomllib.loads(project.read_text(encoding="utf-8")).get("tool", {})
    except (OSError, ValueError):  # reported when its suites are collected
        return b"prompteval" in project.read_bytes()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Every worker of pytest-xdist finds the runs of the others in one directory."""
    node.workerinput[SHARED] = str(runs_directory(node.config))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the directory where it was made."""
    directory = config.stash.get(DIRECTORY, None)
    if directory is not None:
        shutil.rmtree(directory)
