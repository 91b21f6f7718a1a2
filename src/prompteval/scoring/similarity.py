"""Closeness in meaning, by an embedding model."""

from dataclasses import dataclass
from typing import Any

from prompteval.core.case import Case
from prompteval.core.observation import Score
from prompteval.core.protocols import Embedder
from prompteval.scoring.base import BaseScorer, as_text


@dataclass(frozen=True)
class Similarity(BaseScorer):
    """Cosine similarity of answer and expected, negative values as 0.

    The best over the references where expected is a list.
    """

    graded = True

    embedder: Embedder | None = None

    def judge(self, expected: Any, answer: Any, case: Case) -> Score:
        if self.embedder is None:
            return Score(self.name, None, status="failed", reason="there is no embedding model")
        references = [as_text(item) for item in (expected if isinstance(expected, list) else [expected])]
        if not references:
            return self._worst(expected, "expected is an empty list")
        vectors, truncated = self.embedder.embed([as_text(answer), *references])
        closeness = min(max(float((vectors[1:] @ vectors[0]).max()), 0.0), 1.0)
        evidence = {"similarity": round(closeness, 6), "truncated": truncated}
        return Score(self.name, closeness, evidence=evidence)
