"""This repository's own retrieval suite on the embedded default: twice, the second time from the cache."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.own_workspace import copied

pytestmark = pytest.mark.slow


def run(directory: Path) -> tuple[dict, str, float]:  # type: ignore[type-arg]
    """(the run's JSON, the names of the modules it imported, seconds)."""
    command = [
        sys.executable,
        "-X",
        "importtime",
        "-m",
        "prompteval",
        "run",
        "handbook_rag",
        "--limit",
        "4",
        "--json",
        "-q",
    ]
    started = time.monotonic()
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=290, check=False)
    assert done.returncode in (0, 1) and done.stdout, done.stderr[-2000:]  # four cases may miss a gate
    return json.loads(done.stdout), done.stderr, time.monotonic() - started


def test_a_cached_run_loads_no_model_and_gives_the_same_numbers(tmp_path: Path) -> None:
    """Rankings, embeddings and replies are cached; neither torch nor openai is imported."""
    copied(tmp_path, "vectors.sqlite")
    first, _, slow = run(tmp_path)
    second, imported, fast = run(tmp_path)
    assert second["results"][0]["metrics"] == first["results"][0]["metrics"]
    assert second["results"][0]["usage"]["cached"] == second["results"][0]["usage"]["requests"] == 16
    loaded = set(re.findall(r"\| +([a-z_]+)$", imported, re.MULTILINE))
    assert "numpy" in loaded and not loaded & {"torch", "openai", "sentence_transformers", "faiss"}
    assert fast < slow
    (result,) = first["results"]
    assert sum(result["attribution"].values()) == result["failures"]["failed"]
