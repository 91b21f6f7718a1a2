"""Masked copies of a file, and the count of what was masked and of what stayed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from prompteval.data.rows import Raw
from prompteval.pii.find import find
from prompteval.pii.redact import redact
from prompteval.pii.span import PATTERNS, Kind


@dataclass(slots=True)
class Masking:
    """Masks rows one by one: every text of a row, keys excepted.

    `masked` counts spans by kind, `stayed` those of kinds that were found and not asked for.
    """

    kinds: Sequence[Kind] = PATTERNS
    key: bytes | None = None
    rows: int = 0
    changed: int = 0
    masked: Counter[str] = field(default_factory=Counter)
    stayed: Counter[str] = field(default_factory=Counter)

    def apply(self, rows: Iterable[tuple[int, Raw]]) -> Iterator[Raw]:
        """The rows, of (line, row), with every span masked."""
        for _, raw in rows:
            before = self.masked.total()
            row = {key: self._value(value) for key, value in raw.items()}
            self.rows += 1
            self.changed += self.masked.total() > before
            yield row

    def text(self, text: str) -> str:
        """A text with every span masked."""
        redacted = redact(text, self.kinds, self.key)
        self.masked.update(span.kind for span in redacted.spans)
        if not set(PATTERNS) <= set(self.kinds):
            self.stayed.update(span.kind for span in find(redacted.text))
        return redacted.text

    def _value(self, value: object) -> object:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self._value(item) for key, item in value.items()}
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**8:
            masked = self.text(str(value))  # a number may be a card's
            return value if masked == str(value) else masked
        return [self._value(item) for item in value] if isinstance(value, list) else value
