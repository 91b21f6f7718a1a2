"""`gguf/<path>`: a GGUF file as a model, by llama.cpp in a process of its own (extra `[gguf]`)."""

from pathlib import Path

from prompteval.providers.gguf.model_file import head_of, model_file
from prompteval.providers.gguf.provider import GgufProvider
from prompteval.workspace.settings import ModelProfile


def create(model: str, profile: ModelProfile | None, root: Path) -> GgufProvider:
    """A GGUF file of the workspace as a model: schemas by a grammar, log probabilities, no key, no network.

    llama.cpp runs it in a process that ends with this one (extra `[gguf]`). `context_window` of a profile is
    how many tokens a request has with its reply, `max_concurrency` how many run at a time. A profile may name
    a file anywhere.

    Example: `gguf/models/small.gguf`

    Raises UsageError for a file that does not exist or is not a model.
    """
    head = head_of(model, profile, root)
    return GgufProvider(model_file(model, profile, root), head, profile or ModelProfile(model, "gguf", model))


__all__ = ["create"]
