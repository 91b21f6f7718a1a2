"""The embedding models of a workspace by name, each opened once, in front of one cache of vectors."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prompteval.core.errors import UsageError
from prompteval.core.protocols import BlobCache, Embedder, TokenEmbedder
from prompteval.rag.index.embedding import (
    CachedEmbedder,
    CachedTokenEmbedder,
    NoBlobCache,
    ReportProgress,
    no_progress,
)
from prompteval.rag.index.prefixed import Prefixes
from prompteval.workspace.settings import ModelProfile, Workspace

DEFAULT = "minilm"


class Encoders:
    """Opens encoders: `minilm`, a directory, a hub name in the local cache, or `openai/<model>`.

    `cache` is None where nothing is kept: before a run begins, and under --no-cache.
    """

    def __init__(self, workspace: Workspace, here: Path) -> None:
        self._workspace = workspace
        self._here = here
        self._open: dict[str, Any] = {}
        self.cache: BlobCache | None = None
        self.progress: ReportProgress = no_progress

    def embedder(self, model: str = DEFAULT) -> Embedder:
        """Raises UsageError or MissingExtra for a model that is not there."""
        found: Embedder = self._model(model)
        return CachedEmbedder(found, NoBlobCache() if self.cache is None else self.cache, self.progress)

    def prefixes(self, model: str = DEFAULT) -> Prefixes:
        """What the model declares before queries and documents; nothing where it declares none."""
        declared = getattr(self._model(model), "prefixes", None)
        return Prefixes() if declared is None else Prefixes(*declared)

    def token_embedder(self, model: str = DEFAULT) -> TokenEmbedder:
        """Raises UsageError for a model without token vectors."""
        found = self._model(model)
        if not hasattr(found, "embed_tokens"):
            message = f"{model} gives no token vectors, and late_interaction needs them"
            raise UsageError(message, "use minilm, or a directory of a sentence-transformers model")
        tokens: TokenEmbedder = found
        return tokens if self.cache is None else CachedTokenEmbedder(tokens, self.cache)

    def remote(self) -> dict[str, Embedder]:
        """Those opened so far that answer over a network, by name."""
        return {name: found for name, found in self._open.items() if hasattr(found, "check_ready")}

    def _model(self, model: str) -> Any:  # noqa: ANN401 - one of two protocols
        if model not in self._open:
            self._open[model] = self._make(model)
        return self._open[model]

    def _make(self, model: str) -> object:
        profile = self._workspace.settings.models.get(model)
        kind, _, name = model.partition("/")
        if (profile is not None and profile.provider == "openai") or (kind == "openai" and name):
            return _openai(name or model, profile)
        from prompteval.providers.local.encoder import open_encoder

        return open_encoder(model, self._here)


class LateEmbedder:
    """An encoder opened at its first text, for scorers that may never need one."""

    def __init__(self, encoders: Encoders, model: str = DEFAULT) -> None:
        self._encoders = encoders
        self._model = model

    @property
    def identity(self) -> str:
        return self._encoders.embedder(self._model).identity

    def embed(self, texts: Sequence[str]) -> tuple[object, int]:
        """(float32 array of shape (len(texts), dimension), number of texts truncated)."""
        return self._encoders.embedder(self._model).embed(texts)


def _openai(model: str, profile: ModelProfile | None) -> object:
    from prompteval.providers.openai import server_of
    from prompteval.providers.openai.embeddings import OpenAIEmbedder

    chosen = profile or ModelProfile(model)
    return OpenAIEmbedder(
        chosen.model or model,
        server_of(profile),
        timeout_s=chosen.timeout_s,
        max_attempts=chosen.max_attempts,
    )
