"""What a repository depends on, from every kind of file that says it."""

from pathlib import Path

import pytest

from prompteval.audit.manifests import is_lock, requirements
from prompteval.audit.run import audit

POETRY = """[[package]]
name = "openai"
version = "3.54.1"
description = "x"

[package.dependencies]
httpx = ">=0.23"

[[package]]
name = "broken
"""
UV = """version = 1

[[package]]
name = "anthropic"
version = "2.14.0"
source = { registry = "x" }
dependencies = [
    { name = "httpx" },
]

[[package]]
name = "mine"
source = { editable = "." }
"""
PROJECT = """[project]
dependencies = ["openai>=3", 7]
[project.optional-dependencies]
eval = ["ragas"]
[dependency-groups]
dev = ["litellm==1.2", {include-group = "x"}]
[tool.poetry.dependencies]
python = "^3.11"
anthropic = "^2.14"
[tool.poetry.group.test.dependencies]
deepeval = {version = "1.0", optional = true}
"""
PIPENV = '{"default": {"openai": {"version": "==3.54.1"}}, "develop": {"ragas": {}}}'
SETUP = """[options]
install_requires =
    openai>=3  # the client
    anthropic
python_requires = >=3.11
[options.extras_require]
judge =
    litellm
"""


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("poetry.lock", POETRY, ["openai==3.54.1"]),
        ("uv.lock", UV, ["anthropic==2.14.0", "mine"]),
        ("pdm.lock", UV, ["anthropic==2.14.0", "mine"]),
        ("pyproject.toml", PROJECT, ["openai>=3", "ragas", "litellm==1.2", "python^3.11", "anthropic^2.14", "deepeval==1.0"]),
        ("Pipfile", '[packages]\nopenai = "*"\n[dev-packages]\nragas = {version = ">=1"}\n', ["openai", "ragas>=1"]),
        ("Pipfile.lock", PIPENV, ["openai==3.54.1", "ragas"]),
        ("setup.cfg", SETUP, ["openai>=3", "anthropic", "litellm"]),
        ("requirements-dev.txt", "openai==3.54.1 \\\n    --hash=sha256:0\n", ["openai==3.54.1"]),
        ("README.md", "openai", []),
    ],
)  # fmt: skip
def test_each_file_says_what_it_asks_for(name: str, text: str, found: list[str], tmp_path: Path) -> None:
    """Empty parts aside, in the order of the file; what is no text is left out."""
    (tmp_path / name).write_text(text)
    assert [one for one in requirements(tmp_path, name) if one] == found


@pytest.mark.parametrize(
    "name", ["poetry.lock", "pyproject.toml", "Pipfile", "Pipfile.lock", "setup.cfg", "uv.lock"]
)
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00",
        b"[[package]]" * 9,
        b"[" * 99_999,
        b'{"default": []}',
        b"[project]\ndependencies = 1",
    ],
)
def test_a_broken_file_says_nothing(name: str, data: bytes, tmp_path: Path) -> None:
    """And ends nothing."""
    (tmp_path / name).write_bytes(data)
    assert [one for one in requirements(tmp_path, name) if one.strip("[")] == []


def test_what_is_asked_for_comes_before_what_is_locked(tmp_path: Path) -> None:
    """The stack shows the requirement as it is written; of a library that is only locked its version."""
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["openai>=3"]\n')
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "poetry.lock").write_text(POETRY)
    (tmp_path / "uv.lock").write_text(UV)
    assert audit(tmp_path).stack.declared == ("anthropic==2.14.0", "openai>=3")
    assert is_lock("a/uv.lock") and not is_lock("pyproject.toml")
