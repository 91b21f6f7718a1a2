"""Encoders are asked with the prompts that they declare or a suite sets, and say how far they are."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prompteval.core.errors import UsageError
from prompteval.providers.local.embedder import MiniLMEmbedder
from prompteval.providers.local.weights import Weights
from prompteval.rag.index.embedding import CachedEmbedder, NoBlobCache
from prompteval.rag.index.prefixed import Prefixes
from prompteval.rag.retrievers import build_retriever
from prompteval.workspace.rag_section import RagPart
from tests.rag.test_retrievers import Letters, ingredients


class Heard(Letters):
    """Keeps what it was asked to encode."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def embed(self, texts: Any) -> tuple[Any, int]:
        self.texts += texts
        return super().embed(texts)


@pytest.mark.parametrize(
    ("declared", "query", "document"),
    [
        ({"prompts": {"query": "query: ", "document": "passage: "}}, "query: ", "passage: "),
        ({"prompts": {"query": "q ", "passage": "p "}}, "q ", "p "),
        ({"prompts": {"query": "q ", "corpus": ""}}, "q ", ""),
        ({"prompts": {"query": "q ", "x": "all "}, "default_prompt_name": "x"}, "q ", "all "),
        ({"prompts": {"x": "all "}, "default_prompt_name": "x"}, "", ""),
        ({"prompts": None}, "", ""),
        (["no config"], "", ""),
    ],
)
def test_declared_prompts_are_those_sentence_transformers_takes(
    tmp_path: Path, declared: Any, query: str, document: str
) -> None:
    """Of `encode_query` and `encode_document`; a default alone stays with the model."""
    (tmp_path / "config_sentence_transformers.json").write_text(json.dumps(declared))
    assert MiniLMEmbedder(Weights(tmp_path, "path")).prefixes == (query, document)


def test_queries_and_documents_have_their_own_prefix(tmp_path: Path) -> None:
    """What the suite says stands instead of what the model declares, and both are in the identity."""
    from dataclasses import replace

    heard = Heard()
    parts = replace(ingredients(tmp_path, heard), prefixes=lambda model: Prefixes("q: ", "d: "))
    declared = build_retriever(RagPart("dense"), parts)
    declared.search("alpha", 1)
    assert heard.texts[-1] == "q: alpha" and all(text.startswith("d: ") for text in heard.texts[:-1])
    own = build_retriever(RagPart("dense", {"prefix": {"query": "ask: "}}), parts)
    own.search("alpha", 1)
    assert heard.texts[-1] == "ask: alpha" and heard.texts[-2].startswith("d: ")
    bare = build_retriever(RagPart("dense"), ingredients(tmp_path, heard))
    assert len({declared.identity, own.identity, bare.identity}) == 3


@pytest.mark.parametrize("prefix", ["query: ", {"question": "q"}, {"query": 1}, ["a"]])
def test_a_prefix_of_another_form_is_refused(tmp_path: Path, prefix: Any) -> None:
    """Before anything is encoded."""
    with pytest.raises(UsageError, match=r"^dense: "):
        build_retriever(RagPart("dense", {"prefix": prefix}), ingredients(tmp_path))


def test_embedding_says_how_far_it_is_and_keeps_what_is_done() -> None:
    """A stop after a batch loses that batch alone."""
    told: list[tuple[str, int, int]] = []

    class Stops(Letters):
        def embed(self, texts: Any) -> tuple[Any, int]:
            if len(told) == 3:
                raise KeyboardInterrupt
            return super().embed(texts)

    class Kept(NoBlobCache):
        entries = 0

        def put(self, entries: Any) -> None:
            self.entries += len(entries)

    kept = Kept()
    with pytest.raises(KeyboardInterrupt):
        CachedEmbedder(Stops(), kept, lambda *step: told.append(step)).embed(
            [f"text {n}" for n in range(200)]
        )
    assert told == [("embedding", 0, 200), ("embedding", 64, 200), ("embedding", 128, 200)]
    assert kept.entries == 128
    vectors, _ = CachedEmbedder(Letters(), NoBlobCache(), lambda *step: told.append(step)).embed(["a", "b"])
    assert told[-1] == ("embedding", 2, 2) and np.asarray(vectors).shape == (2, 7)


def test_indexing_says_how_far_it_is(tmp_path: Path) -> None:
    """Of bm25 too, at its first question."""
    from dataclasses import replace

    told: list[tuple[str, int, int]] = []
    parts = replace(ingredients(tmp_path), progress=lambda *step: told.append(step))
    build_retriever(RagPart("bm25"), parts).search("alpha", 1)
    count = len(parts.chunks)
    assert told == [("indexing", 0, count), ("indexing", count, count)]
