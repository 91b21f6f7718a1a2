"""Which errors of a server say that an account is empty or unpaid, which no other call and no wait helps."""

import re
from typing import Final

from prompteval.providers.openai.own_words import own_words

# Words in codes of accounts: OpenAI, DashScope, BigModel.
_CODES: Final = frozenset({"quota", "billing", "arrearage", "1113"})
# What servers say whose code is that of any other error: Anthropic, Gemini, DeepSeek and many, OpenRouter.
_SAID: Final = (
    "credit balance is too low", "credits are depleted", "insufficient balance", "insufficient credit",
)  # fmt: skip
# A quota of requests at a time, in a code of DashScope.
_OF_RATE: Final = "throttling"
# What is full again within a run; a day's quota is not.
_RATE: Final = re.compile(
    r"\b(?:requests|tokens) per (?!day)|\bper (?:second|minute|hour|min|sec)\b|\b[rt]pm\b", re.IGNORECASE
)
# The words of `insufficient_quota` and of `AllocationQuota`; a number is one.
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_STATUSES: Final = (400, 403, 429)


def says_spent(status: int, code: str, server_message: str) -> bool:
    """Whether an error with this status says so; a 429 that speaks of a rate does not."""
    if status == 402:
        return True
    if status not in _STATUSES or (status == 429 and _RATE.search(server_message)):
        return False
    named = {word.lower() for word in _WORD.findall(code)}
    if named & _CODES and _OF_RATE not in named:
        return True
    said = own_words(server_message)
    return any(words in said for words in _SAID)
