"""The encoders of this machine by name: `use` and `e5` from their packages, `minilm`, a directory."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from prompteval.providers.local.weights import find_weights

USE = "use"
E5 = "e5"


class LocalEncoder(Protocol):
    """Texts to unit vectors on this machine. `identity` names the weights by their hash."""

    @property
    def identity(self) -> str: ...

    def embed(self, texts: Sequence[str]) -> tuple[Any, int]:
        """(float32 array of shape (len(texts), dimension), number of texts that were truncated)."""
        ...

    def truncates(self, texts: Sequence[str]) -> list[bool]:
        """Whether each text is longer than what is read of it."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text by the encoder's own tokenizer, the marks at its ends included."""
        ...


def open_encoder(model: str, root: Path) -> LocalEncoder:
    """The encoder of a name: `use`, `e5`, `minilm`, a directory (absolute or below `root`), a hub id.

    Nothing is loaded before the first text. Raises MissingExtra where its package is not installed,
    UsageError for a name without weights.
    """
    if model == USE:
        from prompteval.providers.local.use_encoder import UseEncoder

        return UseEncoder.installed()
    if model == E5:
        from prompteval.providers.local.e5_encoder import E5Encoder

        return E5Encoder.installed()
    from prompteval.providers.local.embedder import MiniLMEmbedder

    return MiniLMEmbedder(find_weights(model, root))
