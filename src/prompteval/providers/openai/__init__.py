"""`openai/<model>`: any server that speaks the OpenAI chat completions."""

from pathlib import Path
from typing import TYPE_CHECKING

from prompteval.providers.openai.server import server_of, server_url
from prompteval.workspace.settings import ModelProfile

if TYPE_CHECKING:
    from prompteval.providers.openai.provider import OpenAIProvider


def create(model: str, profile: ModelProfile | None, root: Path) -> "OpenAIProvider":
    """Any server that speaks the OpenAI API, `openai/<model>` or a profile.

    The key is read from OPENAI_API_KEY and the address from OPENAI_BASE_URL, or as the profile says; no key
    is needed until the first call. A profile with another `base_url` sends only the key that its
    `api_key_env` names.

    Example: `openai/MODEL`
    """
    # Here, since `hosted`, on which the provider stands, uses modules beside it.
    from prompteval.providers.openai.provider import OpenAIProvider

    timeout_s = profile.timeout_s if profile else 60.0
    return OpenAIProvider(model, server_of(profile), timeout_s=timeout_s)


__all__ = ["create", "server_of", "server_url"]
