"""`local/<model>`: a sentence-embedding model on this machine; no key, no network."""

from pathlib import Path

from prompteval.providers.local.classifier import LocalProvider
from prompteval.providers.local.encoder import open_encoder
from prompteval.providers.local.learned import learned
from prompteval.workspace.settings import ModelProfile


def create(model: str, profile: ModelProfile | None, root: Path) -> LocalProvider:
    """A sentence-embedding model of this machine: `local/` and `use`, `e5`, `minilm` or a directory.

    An enum output is chosen by similarity to its labels; a text over a context is extractive.

    Example: `local/use`

    Raises MissingExtra or UsageError when there are no weights, UsageError for a transform that is not one.
    """
    return LocalProvider(open_encoder(model, root), learned(model, profile, root))


__all__ = ["create"]
