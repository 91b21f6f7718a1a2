"""Credentials that were typed where they do not belong."""

import re
from collections.abc import Iterator

# Published shapes of keys: OpenAI and compatible, GitHub, AWS, Google, Slack, private key blocks, GitLab,
# Stripe, Hugging Face, Groq, xAI.
_SHAPES = re.compile(
    r"\bsk-(?:proj-|ant-|svcacct-)?[A-Za-z0-9_-]{16,}"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{40,}"
    r"|\bAKIA[0-9A-Z]{16}\b|\bAIza[A-Za-z0-9_-]{35}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\bglpat-[A-Za-z0-9_-]{20,}|\b[rs]k_live_[A-Za-z0-9]{20,}|\bhf_[A-Za-z0-9]{30,}"
    r"|\bgsk_[A-Za-z0-9]{40,}|\bxai-[A-Za-z0-9]{60,}"
)


SHORTEST = 8


def find_secret(text: str) -> tuple[int, str] | None:
    """(offset, redacted form) of the first thing in `text` that looks like a credential, else None."""
    return next(find_secrets(text), None)


def find_secrets(text: str) -> Iterator[tuple[int, str]]:
    """(offset, redacted form) of everything in `text` that looks like a credential."""
    for match in _SHAPES.finditer(text):
        yield match.start(), redacted(match[0])


def hide(text: str, *known: str) -> str:
    """`text` with each `known` credential, and whatever looks like one, cut to its beginning.

    A known one of under eight characters stays: it is a word such as `EMPTY`, and no secret.
    """
    for secret in known:
        if len(secret) >= SHORTEST:
            text = text.replace(secret, redacted(secret))
    return _SHAPES.sub(lambda match: redacted(match[0]), text)


def redacted(secret: str) -> str:
    """The first characters, enough to find it, and its length."""
    return f"{secret[:6]}…({len(secret)} characters)"
