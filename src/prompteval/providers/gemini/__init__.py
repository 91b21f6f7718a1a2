"""`gemini/<model>`: Google's Gemini API, over our own HTTP path."""

from pathlib import Path

from prompteval.providers.gemini.dialect import GeminiDialect
from prompteval.providers.hosted.provider import HostedProvider
from prompteval.providers.hosted.server import GEMINI
from prompteval.workspace.settings import ModelProfile


def create(model: str, profile: ModelProfile | None, root: Path) -> HostedProvider:
    """Google's Gemini API (generateContent): schema output, tools, cache tokens and filters as it has them.

    The key is read from GEMINI_API_KEY and the address from GEMINI_BASE_URL, or as the profile says. A
    profile with another `base_url` sends only the key that its `api_key_env` names.

    Example: `gemini/MODEL`
    """
    server = GEMINI.server_of(profile)
    timeout_s = profile.timeout_s if profile else 60.0
    return HostedProvider(model, server, GeminiDialect(model, server), timeout_s=timeout_s)


__all__ = ["create"]
