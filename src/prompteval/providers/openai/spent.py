"""Which errors of a server say that an account is empty or unpaid, which no other call and no wait helps."""

from typing import Final

# In codes of accounts: OpenAI, DashScope, BigModel.
_CODES: Final = ("quota", "billing", "arrearage", "1113")
# What servers say whose code is that of any other error: Anthropic, Gemini, DeepSeek and many, OpenRouter.
_SAID: Final = (
    "credit balance is too low", "credits are depleted", "insufficient balance", "insufficient credit",
)  # fmt: skip
# A quota of requests at a time, in a code of DashScope.
_OF_RATE: Final = "throttling"
_STATUSES: Final = (400, 403, 429)


def says_spent(status: int, code: str, server_message: str) -> bool:
    """Whether an error with this status says so."""
    if status == 402:
        return True
    code, said = code.lower(), server_message.lower()
    named = any(name in code for name in _CODES) and _OF_RATE not in code
    return status in _STATUSES and (named or any(words in said for words in _SAID))
