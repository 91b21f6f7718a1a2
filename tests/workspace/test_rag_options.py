"""Options of chunkers, retrievers and rerankers: a model for each kind, every mistake at its own line and column."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.registry import BUILT_IN
from prompteval.plan.suite_schema import suite_schema
from prompteval.workspace.rag_options import PART_OPTIONS, HybridOptions, read_options
from prompteval.workspace.suite import Suite, load_suite
from prompteval.workspace.tree import WorkingTree
from prompteval.workspace.yaml12 import parse

SCHEMA = suite_schema()
SOUND = [
    "retriever: bm25",
    "chunker: {kind: fixed, size: 9, overlap: 8}",
    "chunker: none",
    "retriever: {kind: bm25, k1: 1, b: 0, stemmer: none, engine: rank_bm25, depth: 3}",
    "retriever: {kind: dense, model: minilm, index: hnsw, folder: ../x, prefix: {query: 'q: '}}",
    "retriever: {kind: hybrid, of: [bm25, dense, mine], fusion: zscore, weights: [1, 0.5, 0]}",
    "retriever: {endpoint: 'http://127.0.0.1/s', headers: {a: b}, timeout_s: 1}",
    "retriever: {kind: run, run: ../x.trec, depth: 10}",
    "retriever: {python: 'app:find'}",
    "retriever: {kind: mine, whatever: [1], depth: 2}",
    "reranker: {kind: none, depth: 9}",
    "reranker: {kind: cross_encoder, model: ../m}",
    "bm25: {k1: 1}",
    "dense: {index: ivf}",
]
WRONG = [
    ("chunker: {kind: fixed, size: 8, overlap: 8}", ["overlap is 8 with size 8"]),
    ("chunker: {kind: none, size: 8}", ["unknown key 'size' in chunker"]),
    ("chunker: {kind: markdown, size: true}", ["size must be a whole number"]),
    (
        "retriever: {kind: bm25, k1: x, stemer: none, depth: 0}",
        ["k1 must be a number", "unknown key 'stemer' in retriever (did you mean 'stemmer'?)", "depth must be"],
    ),
    ("retriever: {kind: mine, depth: 0}", ["depth must be a whole number from 1"]),
    ("retriever: {kind: dense, prefix: {quest: 1}}", ["unknown key 'quest' in prefix (did you mean 'query'?)"]),
    ("retriever: {kind: hybrid, of: [bm25]}", ["of must be a list of two retrievers or more"]),
    ("retriever: {kind: hybrid, of: [bm25, hybrid]}", ["of must be a list of two retrievers or more"]),
    ("retriever: {kind: hybrid, fusion: minmax}", ["fusion minmax needs weights"]),
    ("retriever: {kind: hybrid, weights: [1, 1]}", ["weights go with fusion minmax or zscore"]),
    ("retriever: {endpoint: 'http://'}", ["endpoint is not an address"]),
    ("retriever: {endpoint: 'http://h', headers: {a: 1}}", ["a must be a string"]),
    ("retriever: {python: ''}", ["python must be a non-empty string"]),
    ("retriever: {run: 3}", ["run must be a string"]),
    ("reranker: {kind: cross_encoder}", ["model is missing"]),
    ("reranker: {kind: llm, model: x}", ["unknown key 'model' in reranker"]),
    ("bm25: {depth: 5}", ["unknown key 'depth' in bm25"]),
    ("dense: {index: flatt}", ["index must be flat, hnsw or ivf, not 'flatt' (did you mean 'flat'?)"]),
]  # fmt: skip
# What takes two keys to see, and what is one text to JSON Schema.
BEYOND_SCHEMA = ("overlap: 8}", "fusion: minmax}", "weights: [1, 1]}", "hybrid]}", "'http://'}")


def text_of(line: str) -> str:
    return f"cases: c.jsonl\nmetrics: [retrieval.mrr]\nrag:\n  corpus: ../docs\n  {line}\n"


def read(root: Path, line: str) -> Suite:
    (root / "evals").mkdir()
    (root / "evals/s.yaml").write_text(text_of(line))
    return load_suite(WorkingTree(root), "evals/s.yaml")


def value_of(line: str) -> Any:
    return parse(text_of(line), "s.yaml").value


@pytest.mark.parametrize("part", PART_OPTIONS)
def test_every_kind_that_is_built_in_has_a_model(part: str) -> None:
    assert set(PART_OPTIONS[part]) == set(BUILT_IN[f"prompteval.{part}s"])


@pytest.mark.parametrize("line", SOUND)
def test_a_sound_part_is_read_as_it_is_written(tmp_path: Path, line: str) -> None:
    """Its options are not changed, 1 to 1.0 neither: fingerprints are made of them. The schema takes it too."""
    section = read(tmp_path, line).rag
    assert section is not None
    jsonschema.validate(value_of(line), SCHEMA)
    part = line.partition(":")[0]
    written = value_of(line)["rag"][part]
    if isinstance(written, dict):
        read_back: Any = getattr(section, part)
        options = read_back if part in ("bm25", "dense") else read_back.options
        expected = {key: value for key, value in written.items() if key not in ("kind", "depth", "run")}
        assert repr({key: options[key] for key in expected}) == repr(expected)


@pytest.mark.parametrize(("line", "told"), WRONG)
def test_every_mistake_is_told_at_its_place_at_once(tmp_path: Path, line: str, told: list[str]) -> None:
    """At the option, not at the part; and the schema refuses it where it can."""
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path, line)
    found = sorted(caught.value.problems, key=lambda problem: problem.col)
    assert len(found) == len(told)
    for problem, beginning in zip(found, told, strict=True):
        assert problem.code == "PE272" and beginning in str(problem)
        assert problem.line == 5 and problem.col > len(f"  {line.partition(':')[0]}:")
    if not line.endswith(BEYOND_SCHEMA):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(value_of(line), SCHEMA)


def test_options_without_a_file_are_a_usage_error() -> None:
    """The first that is wrong, with the part's name."""
    with pytest.raises(UsageError, match=r"^hybrid: fusion must be rrf, minmax or zscore, not 'sum'"):
        read_options(HybridOptions, "hybrid", {"fusion": "sum"})
