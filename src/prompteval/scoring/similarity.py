"""Closeness in meaning, by an embedding model."""

from dataclasses import dataclass
from typing import Any

from prompteval.core.case import Case
from prompteval.core.observation import Score
from prompteval.core.protocols import Embedder
from prompteval.scoring.base import BaseScorer, as_text


@dataclass(frozen=True)
class Similarity(BaseScorer):
    """Cosine similarity of answer and expected, negative values as 0; with `threshold`, 1 or 0.

    The best over the references where expected is a list.
    """

    threshold: float | None = None
    embedder: Embedder | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise ValueError("threshold is between 0 and 1")

    def judge(self, expected: Any, answer: Any, case: Case) -> Score:
        if self.embedder is None:
            return Score(self.name, None, status="failed", reason="there is no embedding model")
        references = [as_text(item) for item in (expected if isinstance(expected, list) else [expected])]
        if not references:
            return self._worst(expected, "expected is an empty list")
        vectors, truncated = self.embedder.embed([as_text(answer), *references])
        closeness = min(max(float((vectors[1:] @ vectors[0]).max()), 0.0), 1.0)
        value = closeness if self.threshold is None else float(closeness >= self.threshold)
        return Score(self.name, value, evidence={"similarity": round(closeness, 6), "truncated": truncated})
