"""Applications on LangChain and LlamaIndex, their documents and nodes scored as they come."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "systems"


@pytest.fixture
def systems(tmp_path: Path) -> Path:
    """A copy of the example."""
    return shutil.copytree(
        EXAMPLE, tmp_path / "ws", ignore=shutil.ignore_patterns(".prompteval", "__pycache__")
    )


def run(folder: Path, suite: str) -> Any:
    command = [sys.executable, "-m", "prompteval", "run", suite, "--json", "-q"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    (result,) = json.loads(done.stdout)["results"]
    return {name: found["value"] for name, found in result["metrics"].items()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("suite", "package"), [("langchain", "langchain_core"), ("llamaindex", "llama_index.core")]
)
def test_an_application_on_a_library_is_scored_end_to_end(systems: Path, suite: str, package: str) -> None:
    """The same index behind both: every quote is found, by the page that the library's loader names."""
    pytest.importorskip(package)
    values = run(systems, suite)
    assert values["retrieval.recall@4"] == values["context.recall@200t"] == 1.0
    assert values["citations.precision"] == 1.0 and 0.5 < values["generation.f1"] < 0.6


def test_outputs_of_another_shape_are_scored_through_a_map(systems: Path) -> None:
    """One answer of six is wrong, one question's passage was not found."""
    values = run(systems, "recorded")
    assert values == pytest.approx(
        {"retrieval.recall@5": 5 / 6, "context.recall@200t": 5 / 6, "generation.em": 5 / 6}
    )
