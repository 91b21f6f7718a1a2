"""Keys, tokens and passwords."""

import re
from collections.abc import Iterator

from prompteval.core.secret import secret_places
from prompteval.pii.span import Span

# A value said to be a secret: `password: …`, `API_KEY="…"`. `[SECRET:…]` is one that was masked.
_NAMED = re.compile(
    r"(?<!\[)(?:passw(?:or)?d|passphrase|api[ _-]?key|secret(?:[ _-]key)?"
    r"|(?:access|auth|refresh|bearer)[ _-]?token)"
    r"[\"']?[ \t]{0,3}(?:[:=]|=>)[ \t]{0,3}[\"']?([^\s\"'<>,;]{8,200}+)",
    re.IGNORECASE,
)


def secrets(text: str) -> Iterator[Span]:
    """Everything with the published shape of a key, and values that are named as a secret."""
    for start, end in secret_places(text):
        yield Span(start, end, "secret")
    if ":" in text or "=" in text:
        for match in _NAMED.finditer(text):
            value = match[1]
            if any(map(str.isdigit, value)) or not value.isalpha():
                yield Span(match.start(1), match.end(1), "secret", "named")
