"""`openai/<model>`: any server that speaks the OpenAI chat completions."""

import os
from pathlib import Path

from prompteval.providers.openai.provider import OpenAIProvider
from prompteval.providers.openai.shape import shape_of
from prompteval.workspace.settings import ModelProfile, withheld

DEFAULT_URL = "https://api.openai.com/v1"
DEFAULT_KEY = "OPENAI_API_KEY"


def create(model: str, profile: ModelProfile | None, root: Path) -> OpenAIProvider:
    """Any server that speaks the OpenAI API, `openai/<model>` or a profile.

    The key is read from OPENAI_API_KEY and the address from OPENAI_BASE_URL, or as the profile says; no key
    is needed until the first call.

    Example: `openai/MODEL`
    """
    key_env = (profile and profile.api_key_env) or DEFAULT_KEY
    timeout_s = profile.timeout_s if profile else 60.0
    return OpenAIProvider(
        model,
        base_url=server_url(profile),
        api_key_env=key_env,
        timeout_s=timeout_s,
        shape=shape_of(profile),
    )


def server_url(profile: ModelProfile | None) -> str:
    """The base URL: the profile's, else OPENAI_BASE_URL, else OpenAI's own.

    Raises UsageError for a profile that is withheld.
    """
    if profile is not None and profile.withheld:
        raise withheld(profile)
    return (profile and profile.base_url) or os.environ.get("OPENAI_BASE_URL") or DEFAULT_URL


__all__ = ["OpenAIProvider", "create", "server_url"]
