"""Closeness in meaning, by an embedding model."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from prompteval._version import __version__
from prompteval.core.case import Case
from prompteval.core.observation import Observation, Score
from prompteval.core.protocols import BatchScorer, WindowedEmbedder
from prompteval.scoring.base import BaseScorer, as_text
from prompteval.scoring.options import GradedOptions

# The same text in another batch has a vector that differs by some 1e-7.
DIGITS = 5


@dataclass(frozen=True)
class Similarity(BaseScorer, BatchScorer):
    """Cosine similarity of answer and expected, negative values as 0.

    The best over the references where expected is a list. The texts of many cases are embedded
    together.

    Example: `{similarity: {threshold: 0.8}}`
    """

    options = GradedOptions
    graded = True
    max_batch = 256
    timeout_s = None  # an embedding model ends; its first call loads the weights

    embedder: WindowedEmbedder | None = None

    @cached_property
    def version(self) -> str:  # type: ignore[override]
        """The embedding model's too, so that another model's scores are not taken for its own."""
        return __version__ if self.embedder is None else f"{__version__}:{self.embedder.identity}"

    def judge(self, expected: object, answer: object, case: Case) -> Score:
        return self._closest([_texts(expected, answer)])[0]

    def score_many(self, items: Sequence[tuple[Case, Observation]]) -> list[Score]:
        """The score of each, in order."""
        picked = [self.pick(case, observation) for case, observation in items]
        compared = [_texts(one.expected, one.answer) for one in picked if not isinstance(one, Score)]
        closest = iter(self._closest(compared))
        found = [one if isinstance(one, Score) else next(closest) for one in picked]
        return [self.decided(score) for score in found]

    def _closest(self, compared: Sequence[list[str]]) -> list[Score]:
        """A score for each list of an answer and its references."""
        if self.embedder is None:
            failed = Score(self.name, None, status="failed", reason="no embedding model is configured")
            return [failed] * len(compared)
        texts = list(dict.fromkeys(text for one in compared for text in one))
        places = {text: place for place, text in enumerate(texts)}
        vectors = self.embedder.embed(texts)[0] if texts else ()
        cut = self.embedder.truncates(texts)
        scores = []
        for answer, *references in compared:
            if not references:
                scores.append(self._worst(None, "expected is an empty list"))
                continue
            products = [float(vectors[places[text]] @ vectors[places[answer]]) for text in references]
            truncated = sum(cut[places[text]] for text in (answer, *references))
            value = round(min(max(*products, 0.0), 1.0), DIGITS)
            scores.append(Score(self.name, value, evidence={"truncated": truncated}))
        return scores


def _texts(expected: object, answer: object) -> list[str]:
    """The answer, then what it is compared with."""
    references = expected if isinstance(expected, list) else [expected]
    return [as_text(answer), *(as_text(item) for item in references)]
