"""F43: Ctrl-C while a thread, a scorer or a worker computes."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing

import pytest

from tests.small_workspace import PROMPT, Place

SLOW = "import time, pathlib\n\ndef {name}({arguments}):\n    if {first}:\n        return {value}\n    pathlib.Path('began').touch()\n    time.sleep(60)\n"
CALLABLE = 'callable: "app:reply"\ncases: ../datasets/c.jsonl\nscorers: [exact]\nmetrics: [accuracy]\n'
PROMPT_SUITE = (
    'prompt: say\ncases: ../datasets/c.jsonl\nmodels: [scripted/m.jsonl]\nscorers: [{python: "own:slow"}]\n'
)
CORPUS = "# Kettles\n\nA kettle may be returned within thirty days.\n"
RAG = """cases: ../datasets/c.jsonl
rag:
  corpus: ../corpus
  chunker: none
  modes: [retrieval]
  retriever: {kind}
metrics: [retrieval.recall@5]
"""
pytestmark = pytest.mark.slow
COMMAND = [sys.executable, "-m", "prompteval"]


def interrupted(place: Place, arguments: Sequence[str], *, times: int = 1) -> tuple[float, int, str]:
    """(seconds from the last Ctrl-C to the end, exit code, what was said) once the file `began` is there."""
    with subprocess.Popen(
        [*COMMAND, *arguments], cwd=place.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        until = time.monotonic() + 60
        while not (place.root / "began").exists() and run.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(0.3)
        for again in range(times):
            time.sleep(0.3 * again)
            run.send_signal(signal.SIGINT)
        started = time.monotonic()
        try:
            said = run.communicate(timeout=30)[0]
        finally:
            run.kill()
        return time.monotonic() - started, run.returncode, said


def rows(place: Place) -> int:
    with closing(sqlite3.connect(place.root / ".prompteval" / "results.sqlite")) as connection, connection:
        return int(connection.execute("SELECT count(*) FROM rows").fetchone()[0])


@pytest.fixture
def slow_callable(place: Place) -> Place:
    """The first case is answered, the second one never."""
    place.write(
        "app.py", SLOW.format(name="reply", arguments="message", first="message == 'c1'", value="'hello'")
    )
    place.write("evals/s.yaml", CALLABLE)
    return place


@pytest.mark.parametrize("times", [1, 2])
def test_f43_a_thread_that_computes_is_not_waited_for(slow_callable: Place, times: int) -> None:
    """Once is enough: 130 within 2 s, and the case that was done is kept."""
    took, code, said = interrupted(slow_callable, ["run"], times=times)
    assert (code, took < 2.5) == (130, True), (took, said)
    assert "exit 130" in said or "--resume-run" in said
    assert rows(slow_callable) == 1


@pytest.mark.parametrize("times", [1, 2])
def test_f43_a_scorer_that_computes_is_interrupted(place: Place, times: int) -> None:
    """A scorer of the workspace runs on the event loop, which hears of nothing meanwhile."""
    slow = SLOW.format(
        name="slow", arguments="case, observation", first="case.id == 'c1'", value="Score('slow', 1.0)"
    )
    place.write("own.py", "from prompteval.core.observation import Score\n" + slow)
    place.write("evals/s.yaml", PROMPT_SUITE)
    took, code, said = interrupted(place, ["run", "-j", "1"], times=times)
    assert (code, took < 2.5) == (130, True), (took, said)
    assert "--resume-run" in said and rows(place) == 1


@pytest.mark.parametrize("arguments", [["run"], ["rag", "sweep"], ["rag", "search", "kettle"]], ids=" ".join)
def test_f43_retrieval_that_computes_is_not_waited_for(place: Place, arguments: Sequence[str]) -> None:
    """In a thread of the run, and in the verbs that search without one."""
    place.write("corpus/k.md", CORPUS)
    place.write("app.py", SLOW.format(name="find", arguments="query, k", first="False", value="[]"))
    place.write("evals/s.yaml", RAG.format(kind='{python: "app:find"}'))
    case = '{"id": "c1", "inputs": {"question": "kettle"}, "gold": [[{"doc": "k.md", "quote": "thirty days"}]]}\n'
    place.write("datasets/c.jsonl", case)
    took, code, said = interrupted(place, arguments)
    assert (code, took < 2.5, "exit 130" in said) == (130, True, True), (took, said)


@pytest.mark.parametrize("verb", ["check", "run", "compare"])
def test_f43_an_import_that_computes_is_interrupted(place: Place, verb: str) -> None:
    """Before anything runs too."""
    place.write(
        "prompts/say/v2.py", "import time, pathlib\npathlib.Path('began').touch()\ntime.sleep(60)\n" + PROMPT
    )
    sides = ["say@v1", "say@v2"] if verb == "compare" else []
    took, code, said = interrupted(place, [verb, *sides])
    assert (code, took < 2.5, "exit 130" in said) == (130, True, True), (took, said)


def test_f43_a_comparison_that_computes_keeps_what_is_done(place: Place) -> None:
    """Two versions on their way: the rows that were scored are stored."""
    place.write("prompts/say/v2.py", PROMPT.replace("message }}", "message }}!"))
    slow = SLOW.format(name="slow", arguments="case, observation", first="case.id == 'c1'", value="1.0")
    place.write("own.py", slow)
    place.write("evals/s.yaml", PROMPT_SUITE)
    took, code, said = interrupted(place, ["compare", "-j", "1", "say@v1", "say@v2"])
    assert (code, took < 2.5) == (130, True) and rows(place) >= 1, (took, said)
