"""`anthropic/<model>`: Anthropic's Messages API, over our own HTTP path."""

from pathlib import Path

from prompteval.providers.anthropic.dialect import AnthropicDialect
from prompteval.providers.hosted.provider import HostedProvider
from prompteval.providers.hosted.server import ANTHROPIC
from prompteval.workspace.settings import ModelProfile


def create(model: str, profile: ModelProfile | None, root: Path) -> HostedProvider:
    """Anthropic's Messages API: schema output, tools, cache tokens, refusals and batches as it has them.

    The key is read from ANTHROPIC_API_KEY and the address from ANTHROPIC_BASE_URL, or as the profile says. A
    profile with another `base_url` sends only the key that its `api_key_env` names.

    Example: `anthropic/MODEL`
    """
    server = ANTHROPIC.server_of(profile)
    timeout_s = profile.timeout_s if profile else 60.0
    return HostedProvider(model, server, AnthropicDialect(model, server), timeout_s=timeout_s)


__all__ = ["create"]
