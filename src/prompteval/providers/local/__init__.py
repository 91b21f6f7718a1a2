"""`local/<model>`: a sentence-embedding model on this machine; no key, no network."""

from pathlib import Path

from prompteval.providers.local.classifier import LocalProvider
from prompteval.providers.local.weights import find_weights
from prompteval.workspace.settings import ModelProfile


def create(model: str, profile: ModelProfile | None, root: Path) -> LocalProvider:
    """A sentence-embedding model on this machine, `local/minilm` or `local/<directory>`: no key, no network.

    An enum output is chosen by similarity to its labels; a text over a context is extractive.

    Example: `local/minilm`

    Raises MissingExtra or UsageError when there are no weights.
    """
    return LocalProvider(model, find_weights(model, root))


__all__ = ["create"]
