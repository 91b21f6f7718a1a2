"""F43: Ctrl-C while texts are embedded: the end within two seconds, and what is embedded is kept."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from prompteval.testing.server import FakeServer, Fault
from tests.small_workspace import Place

pytestmark = pytest.mark.slow
TEXTS = 6_000
SECONDS = 2.0
ATTEMPTS = 3
SUITE = """cases: ../datasets/c.jsonl
rag:
  corpus: ../corpus
  chunker: none
  modes: [retrieval]
  retriever: {{kind: dense, model: {model}}}
metrics: [retrieval.recall@5]
"""
SETTINGS = """[models.e]
model = "e"
base_url = "{url}"
api_key_env = "FAKE_KEY"
"""


@pytest.fixture
def corpus(place: Place) -> Place:
    """Documents of a hundred words each, and a case that asks for one of them."""
    words = " ".join(f"word{number}" for number in range(100))
    rows = (f'{{"id": "d{number}", "title": "", "text": "{number} {words}"}}' for number in range(TEXTS))
    place.write("corpus/d.jsonl", "\n".join(rows) + "\n")
    case = '{"id": "c1", "inputs": {"question": "word7"}, "gold": [[{"doc": "d7"}]]}\n'
    place.write("datasets/c.jsonl", case)
    return place


@pytest.fixture
def server() -> Iterator[FakeServer]:
    """One that embeds a few texts, and then never answers again."""
    with FakeServer(faults=[None, None, None, *[Fault("hang")] * 9]) as running:
        yield running


def kept(root: Path) -> int:
    """How many vectors are stored."""
    file = root / ".prompteval" / "vectors.sqlite"
    if not file.exists():
        return 0
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)) as connection, connection:
        try:
            return int(connection.execute("SELECT count(*) FROM vectors").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


def interrupted(place: Place, arguments: list[str], began: Callable[[int], bool]) -> tuple[float, str]:
    """(seconds from Ctrl-C to the end, output) of a command that is stopped once it `began`, and ends with 130.

    `began` gets the number of the attempt: a busy machine may need several, of which the best counts.
    """
    found = []
    for attempt in range(ATTEMPTS):
        found.append(_once(place, arguments, lambda attempt=attempt: began(attempt)))
        if found[-1][0] < SECONDS:
            break
    return min(found)


def _once(place: Place, arguments: list[str], began: Callable[[], bool]) -> tuple[float, str]:
    environment = {**os.environ, "FAKE_KEY": "sk-test", "NO_COLOR": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "prompteval", *arguments], cwd=place.root, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as run:  # fmt: skip
        until = time.monotonic() + 120
        while not began() and run.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        assert run.poll() is None, run.communicate()[0]
        run.send_signal(signal.SIGINT)
        started = time.monotonic()
        try:
            output = run.communicate(timeout=30)[0]
        finally:
            run.kill()
        assert run.returncode == 130, output
        return time.monotonic() - started, output


@pytest.mark.timeout(600)
@pytest.mark.parametrize("arguments", [["run"], ["rag", "search", "word7"]], ids=" ".join)
def test_f43_the_embedded_model_is_not_waited_for(corpus: Place, arguments: list[str]) -> None:
    """It computes in a thread that cannot be stopped; the batches that are done are stored."""
    pytest.importorskip("sentence_transformers")
    corpus.write("evals/s.yaml", SUITE.format(model="minilm"))
    before = [0]

    def more(attempt: int) -> bool:
        before[attempt:] = before[attempt:] or [kept(corpus.root)]
        return kept(corpus.root) > before[attempt]

    took, output = interrupted(corpus, arguments, more)
    assert took < SECONDS, (took, output)
    assert "exit 130" in output or "--resume-run" in output
    assert 0 < kept(corpus.root) < TEXTS


@pytest.mark.parametrize("arguments", [["run"], ["rag", "search", "word7"]], ids=" ".join)
def test_f43_a_server_that_embeds_is_not_waited_for(
    corpus: Place, server: FakeServer, arguments: list[str]
) -> None:
    """Its call is dropped where it is."""
    corpus.write("prompteval.toml", SETTINGS.format(url=server.url))
    corpus.write("evals/s.yaml", SUITE.format(model="e"))
    took, output = interrupted(corpus, arguments, lambda attempt: server.stats["hang"] > attempt)
    assert took < SECONDS, (took, output)
    assert 0 < kept(corpus.root) < TEXTS
