"""Applications on LangChain and LlamaIndex, their documents and nodes scored as they come."""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
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


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Path]:
    """A copy of the FastAPI example whose service answers on a free port."""
    pytest.importorskip("uvicorn")
    pytest.importorskip("fastapi")
    folder = shutil.copytree(EXAMPLE.parent / "service", tmp_path / "ws")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    suite = folder / "evals" / "service.yaml"
    suite.write_text(suite.read_text(encoding="utf-8").replace("8123", str(port)), encoding="utf-8")
    command = [sys.executable, "-m", "uvicorn", "service:app", "--port", str(port), "--log-level", "warning"]
    server = subprocess.Popen(command, cwd=folder)
    try:
        wait_for(port)
        yield folder
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(port)


def test_a_service_with_a_retriever_of_its_own_is_scored_over_http(service: Path) -> None:
    """Its answers keep their shape; `map:` finds output, passages and citations in them."""
    values = run(service, "service")
    assert values["retrieval.recall@3"] == values["context.recall@200t"] == 1.0
    assert values["citations.precision"] == 1.0 and values["generation.f1"] == pytest.approx(0.61, abs=0.005)
