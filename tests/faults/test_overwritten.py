"""F44: what a command line writes never takes the place of what the workspace is made of."""

from pathlib import Path

import pytest

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.engine.check import check_workspace
from prompteval.providers.recording import Recorder
from prompteval.workspace.sources import why_source
from tests.small_workspace import SUITE, Place

RAG = "rag:\n  corpus: ../docs\n  retriever: {run: ../r.jsonl}\ncases: ../datasets/c.csv\nscorers: [exact]\n"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("datasets/c.jsonl", "reads its cases"),
        ("datasets/../datasets/c.jsonl", "reads its cases"),
        ("link.jsonl", "reads its cases"),
        ("datasets/c.csv", "reads its cases"),
        ("docs/new.md", "reads its corpus"),
        ("r.jsonl", "reads its rankings"),
        ("m.jsonl", "is the model"),
        ("own.jsonl", "is the model"),
        ("given.jsonl", "is the model"),
        ("out.jsonl", "scores the outputs"),
        ("elsewhere.jsonl", "reads its cases"),
        ("evals/s.yaml", "evals"),
        ("evals/baselines/s.json", "baselines"),
        ("prompts/say/v1.py", "prompts"),
        ("prompts/prompts.lock", "prompts"),
        ("prompteval.toml", "settings"),
        ("pyproject.toml", "settings"),
        (".prompteval/x.json", "its own files"),
    ],
)
def test_f44_no_output_takes_the_place_of_what_is_read(place: Place, path: str, told: str) -> None:
    """Cases, corpora, recorded outputs, scripted models, suites, prompts, settings, baselines, the lock."""
    place.write("prompteval.toml", '[models.own]\nprovider = "scripted"\nmodel = "own.jsonl"\n')
    place.write("evals/rag.yaml", RAG)
    place.write("evals/o.yaml", "outputs: ../out.jsonl\ncases: ../datasets/c.jsonl\nmodels: [own]\n")
    place.write("evals/broken.yaml", "{")
    place.write("other/t.yaml", "prompt: say\ncases: ../elsewhere.jsonl\n")
    (place.root / "link.jsonl").symlink_to("datasets/c.jsonl")
    why = why_source(place.workspace, place.root / path, ["t", "other/t.yaml"], ["scripted/given.jsonl"])
    assert told in why


def test_f44_other_files_are_written(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A report beside the suites, among the cases or out of the workspace is nobody's input."""
    outside = tmp_path_factory.mktemp("outside")
    for path in ("evals/report.md", "datasets/report.json", "run.jsonl", str(outside / "c.jsonl")):
        assert why_source(place.workspace, place.root / path) == ""


def test_f44_a_recording_replaces_a_recording_alone(tmp_path: Path) -> None:
    """Any other file stays as it was; an empty one is none's."""
    for text in ('{"id": "a", "inputs": {}}\n', "import os\n", "id,x\n1,2\n"):
        (tmp_path / "x").write_text(text)
        with pytest.raises(UsageError, match="not a recording"):
            Recorder(tmp_path / "x")
        assert (tmp_path / "x").read_text() == text
    (tmp_path / "x").write_text("")
    Recorder(tmp_path / "x").close()


@pytest.mark.parametrize(
    "name", ["attribution", "generation.em", "retrieval.ndcg@10", "context.recall@2000t"]
)
def test_f44_a_scorer_is_not_named_as_one_of_the_pipeline(place: Place, name: str) -> None:
    """The rows of the pipeline are read by these names."""
    place.write("evals/s.yaml", SUITE.replace("[exact]", f"[{{exact: {{name: {name!r}}}}}]"))
    report = check_workspace(place.workspace, ())
    assert [found.code for found in report.problems if found.severity == "error"] == ["PE224"]
    with pytest.raises(InvalidInput, match="retrieval pipeline"):
        place.run()
