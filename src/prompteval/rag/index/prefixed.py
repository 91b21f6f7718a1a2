"""What an encoder wants before a query and before a document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prompteval.core.errors import UsageError
from prompteval.core.protocols import Embedder, WindowedEmbedder


@dataclass(frozen=True, slots=True)
class Prefixes:
    """Texts put before what is encoded, each "" where there is none."""

    query: str = ""
    document: str = ""

    def with_options(self, options: object) -> "Prefixes":
        """With what a suite's `prefix: {query, document}` says instead. Raises UsageError otherwise."""
        if options is None:
            return self
        if not isinstance(options, Mapping) or not all(isinstance(item, str) for item in options.values()):
            raise UsageError("dense: prefix must be a mapping of texts", 'write `prefix: {query: "query: "}`')
        if not set(options) <= {"query", "document"}:
            unknown = min(set(options) - {"query", "document"}, key=str)
            raise UsageError(f"dense: prefix has no {unknown!r}", "known: query, document")
        return Prefixes(options.get("query", self.query), options.get("document", self.document))


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
