"""The example workspaces end as examples/README.md says, and the project's own suites pass."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.own_workspace import copied

ROOT = Path(__file__).resolve().parents[2]


def _prompteval(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "prompteval", *arguments]
    return subprocess.run(
        command, cwd=directory, capture_output=True, text=True, encoding="utf-8", timeout=240
    )


def _copy(name: str, place: Path) -> Path:
    """A copy, so that no store is written into the project."""
    return Path(
        shutil.copytree(ROOT / "examples" / name, place / name, ignore=shutil.ignore_patterns(".prompteval"))
    )


def _run(directory: Path) -> dict[str, Any]:
    done = _prompteval(directory, "run", "--json")
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["exit_code"] == done.returncode, done.stderr
    return found


def test_scripted_example_passes_with_one_invalid_reply(tmp_path: Path) -> None:
    """Ten cases: one reply is no object, one names the wrong office, the gate holds."""
    found = _run(_copy("scripted", tmp_path))
    result = found["results"][0]
    assert found["exit_code"] == 0
    assert (result["cases"]["total"], result["cases"]["invalid"]) == (10, 1)
    assert result["metrics"]["accuracy"]["value"] == pytest.approx(0.8)


def test_broken_example_reports_each_mistake_at_its_line(tmp_path: Path) -> None:
    """Suite, prompt and case file are all reported in one go, with exit 2."""
    done = _prompteval(_copy("broken", tmp_path), "check")
    told = done.stdout + done.stderr
    assert done.returncode == 2
    for place in ("evals/summary.yaml:5:", "evals/summary.yaml:6:", "prompts/summary/v1.py:23:"):
        assert place in told
    assert "datasets/messages.jsonl:2:" in told and "datasets/messages.jsonl:3:" in told


@pytest.mark.slow
def test_too_strict_example_fails_its_gate(tmp_path: Path) -> None:
    """The workspace is sound; the embedded model misses the gate: exit 1."""
    directory = _copy("too_strict", tmp_path)
    assert _prompteval(directory, "check").returncode == 0
    found = _run(directory)
    assert (found["exit_code"], found["verdict"]) == (1, "fail")
    assert {gate["verdict"] for gate in found["results"][0]["gates"]} == {"fail"}


@pytest.mark.slow
def test_the_projects_own_suites_meet_their_gates(tmp_path: Path) -> None:
    """`prompteval run` at the root ends with exit 0 and gates every suite."""
    found = _run(copied(tmp_path, "vectors.sqlite", "cache.sqlite"))
    assert found["exit_code"] == 0
    assert all(result["gates"] for result in found["results"])
    assert {result["suite"] for result in found["results"]} >= {"classify_intent", "triage"}
