"""What an encoder wants before a query and before a document."""

from collections.abc import Sequence
from dataclasses import dataclass

from prompteval.core.protocols import Embedder, WindowedEmbedder


@dataclass(frozen=True, slots=True)
class Prefixes:
    """Texts put before what is encoded, each "" where there is none."""

    query: str = ""
    document: str = ""

    def replaced(self, query: str | None, document: str | None) -> "Prefixes":
        """With the texts of a suite instead; None leaves one as it is."""
        return Prefixes(
            self.query if query is None else query, self.document if document is None else document
        )


class Prefixed:
    """An Embedder that puts a text before each text; the prefix counts for the window too."""

    def __init__(self, embedder: Embedder, prefix: str) -> None:
        self._embedder = embedder
        self._prefix = prefix

    @property
    def identity(self) -> str:
        return f"{self._embedder.identity},prefix={self._prefix!r}"

    def embed(self, texts: Sequence[str]) -> tuple[object, int]:
        """(float32 array of shape (len(texts), dimension), number of texts truncated)."""
        return self._embedder.embed([self._prefix + text for text in texts])

    def truncates(self, texts: Sequence[str]) -> list[bool]:
        """Whether each text with its prefix is longer than the window, as far as the encoder can tell."""
        if isinstance(self._embedder, WindowedEmbedder):
            return self._embedder.truncates([self._prefix + text for text in texts])
        return [False] * len(texts)


def prefixed(embedder: Embedder, prefix: str) -> Embedder:
    """The embedder itself where there is no prefix."""
    return Prefixed(embedder, prefix) if prefix else embedder
