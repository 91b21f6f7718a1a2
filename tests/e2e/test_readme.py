"""Every command and example of the README works as printed."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
pytestmark = pytest.mark.slow


def prompteval(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "prompteval", *arguments]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=200, check=False)


def test_console_blocks_run_to_the_end(tmp_path: Path, blocks: Any) -> None:
    """`init`, `cd`, `check`, `run`, in their order, each with exit code 0."""
    directory = tmp_path
    for command in [
        line[2:]
        for block in blocks(README, "console")
        for line in block.splitlines()
        if line.startswith("$ ")
    ]:
        program, *arguments = shlex.split(command)
        if program == "cd":
            directory = directory / arguments[0]
        else:
            assert program == "prompteval"
            here = any(word in command for word in ("examples/", "handbook_rag", "show last"))
            done = prompteval(ROOT if here else directory, *arguments)
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def test_the_printed_output_is_that_of_the_command() -> None:
    """Line for line, numbers aside: another build of torch may move a digit."""
    printed = re.search(r"<!-- output -->\n```text\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert printed is not None
    done = prompteval(ROOT, "run", "classify_intent")

    def shape(text: str) -> list[str]:
        masked = re.sub(r"[0-9a-f]{6,}|[\d.,]+", "#", text)
        return [" ".join(line.split()) for line in masked.splitlines() if line.strip()]

    assert shape(printed[1]) == shape(done.stdout)


def test_the_printed_tables_of_the_retrieval_suite_are_those_of_the_command() -> None:
    """Reasons and losses, line for line, numbers aside."""
    text = README.read_text(encoding="utf-8")
    printed = re.search(r"<!-- rag output -->\n```text\n(.*?)```", text, re.DOTALL)
    assert printed is not None
    done = prompteval(ROOT, "run", "handbook_rag", "-v")
    assert done.returncode == 0, done.stderr

    def shape(text: str) -> list[str]:
        lines = re.sub(r"[-+]?[\d.,]+", "#", re.sub(r"─+", "─", text)).splitlines()
        return [" ".join(line.split()) for line in lines if line.strip()]

    assert set(shape(printed[1])) <= set(shape(done.stdout))


def test_the_printed_scores_of_a_trec_run_are_those_of_the_command() -> None:
    """Digit for digit: nothing but arithmetic makes them."""
    printed = re.search(
        r"<!-- trec output -->\n```text\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL
    )
    assert printed is not None
    done = prompteval(ROOT, "trec", "examples/trec/qrels.txt", "examples/trec/run.txt")
    assert done.stdout == printed[1]


def test_the_example_workspace_of_the_readme_works(tmp_path: Path, blocks: Any) -> None:
    """The prompt, the case, the suite and the profile of the README pass `check` together."""
    prompt, application = blocks(README, "python")
    (tmp_path / "prompts" / "route_ticket").mkdir(parents=True)
    (tmp_path / "prompts" / "route_ticket" / "v1.py").write_text(prompt)
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "tickets.jsonl").write_text(blocks(README, "json")[0])
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals" / "route_ticket.yaml").write_text(blocks(README, "yaml")[0])
    profile, access = blocks(README, "toml")
    (tmp_path / "prompteval.toml").write_text(access + profile)
    done = prompteval(tmp_path, "check")
    assert done.returncode == 0, done.stdout
    called = subprocess.run(
        [sys.executable, "-c", application], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert called.stdout.strip() == "payments"
    assert json.loads(blocks(README, "json")[0])["id"] == "t1"
