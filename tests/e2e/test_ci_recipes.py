"""docs/ci.md: every shell line of it runs, in the order in which it stands."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.forks import shared

ROOT = Path(__file__).resolve().parents[2]
CI = ROOT / "docs" / "ci.md"
SHIMS = {
    "pytest": f'exec "{sys.executable}" -m pytest -p prompteval.testing.plugin "$@"',
    "pip": 'test "$1" = install',  # nothing is fetched by a test
}


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`shell(script)` in a copy of the scripted example; it must end with exit code 0."""
    directory = tmp_path / "ws"
    shutil.copytree(ROOT / "examples/scripted", directory, ignore=shutil.ignore_patterns(".prompteval"))
    cases = directory / "datasets/requests.yaml"
    tagged = cases.read_text().replace("{id: bench,", "{id: bench, tags: {language: fr},")
    cases.write_text(tagged)
    (tmp_path / "bin").mkdir()
    for name, line in SHIMS.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    shared().program(tmp_path / "bin" / "prompteval")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)

    for line in ("init -q", "add -A", "-c user.name=n -c user.email=n@example.org commit -qm base"):
        subprocess.run(["git", *line.split()], cwd=directory, check=True, timeout=60)

    def run(script: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout

    return run


@pytest.mark.slow
def test_every_shell_block_runs(shell: Any, blocks: Any) -> None:
    """Plain shell, recordings and pytest, one after another in one workspace."""
    found = blocks(CI, "sh")
    told = [shell(block) for block in found]
    assert len(found) >= 7
    assert any("1 passed, 11 deselected" in text for text in told)


def test_the_failure_block_is_what_pytest_prints(shell: Any, blocks: Any) -> None:
    """The example of a failing case, line for line."""
    (printed,) = blocks(CI, "text")
    assert printed in shell("pytest evals -k sofa || true")


def test_the_gitlab_and_jenkins_scripts_run(shell: Any, blocks: Any) -> None:
    """Their lines, after the recording that the document makes, leave the files that they name."""
    shell(next(block for block in blocks(CI, "sh") if "--record " in block))
    gitlab = next(job for block in blocks(CI, "yaml") if (job := yaml.safe_load(block).get("prompteval")))
    jenkins = re.findall(r"sh '(.*)'", blocks(CI, "groovy")[0])
    assert len(jenkins) == 3
    for lines in ([*gitlab["before_script"], *gitlab["script"]], jenkins):
        shell("\n".join(lines))
        shell(f"rm {gitlab['artifacts']['reports']['junit']}")
    shell(f"ls {' '.join(gitlab['artifacts']['paths'] + gitlab['cache']['paths'])}")


def test_the_workflow_fits_the_action(blocks: Any) -> None:
    """Every input that the documented job gives is one of the action's; only the comment may write."""
    workflows = [found for block in blocks(CI, "yaml") if "jobs" in (found := yaml.safe_load(block))]
    workflow = next(found for found in workflows if "prompteval" in found["jobs"])
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    checkout, step = workflow["jobs"]["prompteval"]["steps"]
    assert set(step["with"]) <= set(action["inputs"])
    assert re.fullmatch(r"actions/checkout@[0-9a-f]{40}", checkout["uses"])
    assert workflow["permissions"] == {"contents": "read", "pull-requests": "write"}


def test_the_parts_of_the_recipes_are_all_there_are(shell: Any, blocks: Any) -> None:
    """The matrix names every part of its total; GitLab's lines run as they are, with its two variables."""
    found = [yaml.safe_load(block) for block in blocks(CI, "yaml")]
    jobs = next(one["jobs"] for one in found if "merge" in one.get("jobs", ()))
    command = next(step["run"] for step in jobs["shard"]["steps"] if "--shard" in step.get("run", ""))
    parts = jobs["shard"]["strategy"]["matrix"]["part"]
    assert f"--shard ${{{{ matrix.part }}}}/{len(parts)} " in command and parts == [1, 2, 3, 4]
    gitlab = next(one for one in found if "shard" in one)
    lines = [line for line in gitlab["shard"]["script"] if not line.startswith("pip ")]
    for number in range(1, gitlab["shard"]["parallel"] + 1):
        shell("\n".join([f"CI_NODE_INDEX={number} CI_NODE_TOTAL=4", *lines]))
    assert "all 2 gates pass" in shell(gitlab["merge"]["script"][-1]) or "gate passes" in shell(
        "prompteval runs merge shards/*"
    )


def test_the_hook_that_is_named_exists(blocks: Any) -> None:
    """The pre-commit block asks for the hook that the project offers."""
    config = next(found for block in blocks(CI, "yaml") if "repos" in (found := yaml.safe_load(block)))
    offered = [hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())]
    assert [hook["id"] for hook in config["repos"][0]["hooks"]] == offered


def test_exit_codes_are_those_of_the_readme() -> None:
    """The same codes, in the same order."""

    def codes(path: Path) -> list[str]:
        return re.findall(r"^\| (\d+) \|", path.read_text(encoding="utf-8"), re.MULTILINE)

    assert codes(CI) == codes(ROOT / "README.md") == ["0", "1", "2", "3", "4", "5", "70", "130"]
