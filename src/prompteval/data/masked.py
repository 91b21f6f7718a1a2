"""Masked copies of a file, and the count of what was masked and of what stayed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

from prompteval.data.rows import Raw
from prompteval.pii.field_names import FieldNames
from prompteval.pii.find import find
from prompteval.pii.redact import redact
from prompteval.pii.span import PATTERNS, Kind
from prompteval.pii.values import masked_value


@dataclass(slots=True)
class Masking:
    """Masks rows one by one: every text of a row, and the names of its fields.

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
        names = FieldNames() if self.key is None else None  # with a key each has a mask of its own
        for _, raw in rows:
            before = self.masked.total()
            row = masked_value(raw, self.text, names)
            self.rows += 1
            self.changed += self.masked.total() > before
            yield cast(Raw, row)

    def text(self, text: str) -> str:
        """A text with every span masked."""
        redacted = redact(text, self.kinds, self.key)
        self.masked.update(span.kind for span in redacted.spans)
        if not set(PATTERNS) <= set(self.kinds):
            self.stayed.update(span.kind for span in find(redacted.text))
        return redacted.text
