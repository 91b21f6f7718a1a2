"""The batches of a server, by the API that its models are asked with."""

from collections.abc import Mapping
from typing import Final

from prompteval.core.protocols import Provider
from prompteval.providers.anthropic.batch import MessageBatches
from prompteval.providers.gemini.batch import ContentBatches
from prompteval.providers.hosted.provider import HostedProvider
from prompteval.providers.openai.batch import BatchClient

# Kind of models → the client for its batches.
_CLIENTS: Final[Mapping[str, type[BatchClient]]] = {
    "openai": BatchClient, "anthropic": MessageBatches, "gemini": ContentBatches,
}  # fmt: skip


def has_batches(provider: Provider) -> bool:
    """Whether a model's requests can go out as a batch."""
    return isinstance(provider, HostedProvider) and provider.server.kind in _CLIENTS


def batch_client(provider: HostedProvider) -> BatchClient:
    """The client for the batches of a model that has them. Raises ProviderError where its key is not set."""
    return _CLIENTS[provider.server.kind](provider)
