"""Which errors of a server say that a filter stopped the prompt or its answer: an outcome, not an error."""

import re
from typing import Final

from prompteval.core.errors import ProviderError
from prompteval.core.request import Response
from prompteval.providers.openai.own_words import own_words

# The kind of such an error, which becomes a reply before anyone else sees it.
FILTERED: Final = "filtered"
# What codes are called, without the signs between their words: Azure and Moonshot, Azure's inner code, OpenAI
# and LiteLLM, DashScope, OpenAI's images, OpenRouter.
_CODES: Final = (
    "contentfilter", "responsibleaipolicyviolation", "contentpolicyviolation", "datainspectionfailed",
    "moderationblocked", "inputflagged",
)  # fmt: skip
# What servers say whose code is that of any wrong request: DeepSeek, Anthropic, LiteLLM, xAI, OpenAI, Azure,
# Gemini.
_SAID: Final = (
    "content exists risk", "blocked by content filtering policy", "contentpolicyviolationerror",
    "content violates usage guidelines", "violating our usage policy", "content management policy",
    "contains sensitive words",
)  # fmt: skip
_STATUSES: Final = (400, 403, 422)
_NOT_LETTERS: Final = re.compile(r"[^a-z]")


def is_filter_code(code: object) -> bool:
    """Whether the code of an error is that of a filter."""
    found = _NOT_LETTERS.sub("", code.lower()) if isinstance(code, str) else ""
    return any(name in found for name in _CODES)


def says_filtered(status: int, code: str, server_message: str) -> bool:
    """Whether an error with this status is the word of a filter."""
    if status not in _STATUSES:
        return False
    said = own_words(server_message)
    return is_filter_code(code) or any(words in said for words in _SAID)


def filtered_error(server_message: str, code: str, status: int, excerpt: str) -> ProviderError:
    """The error of a prompt or an answer that a filter stopped; its message is what the server says."""
    return ProviderError(FILTERED, server_message or code, status=status, excerpt=excerpt)


def filtered_reply(error: ProviderError, latency_ms: float = 0.0) -> Response | None:
    """The reply that stands for such an error; None for any other."""
    if error.kind != FILTERED:
        return None
    return Response(text="", finish="content_filter", reason=str(error) or None, latency_ms=latency_ms)
