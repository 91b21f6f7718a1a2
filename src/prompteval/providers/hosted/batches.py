"""The batches of a server, by the API that its models are asked with."""

from prompteval.core.protocols import Provider
from prompteval.providers.hosted.provider import HostedProvider
from prompteval.providers.openai.batch import BatchClient


def has_batches(provider: Provider) -> bool:
    """Whether a model's requests can go out as a batch."""
    return isinstance(provider, HostedProvider) and provider.server.kind in ("openai", "anthropic", "gemini")


def batch_client(provider: HostedProvider) -> BatchClient:
    """The client for the batches of a model that has them. Raises ProviderError where its key is not set."""
    if provider.server.kind == "anthropic":
        from prompteval.providers.anthropic.batch import MessageBatches

        return MessageBatches(provider)
    if provider.server.kind == "gemini":
        from prompteval.providers.gemini.batch import ContentBatches

        return ContentBatches(provider)
    return BatchClient(provider)
