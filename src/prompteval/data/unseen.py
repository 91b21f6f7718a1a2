"""Fields that a user named: each must be in a row, since a misspelled one would check nothing."""

from collections.abc import Iterable, Iterator, Mapping

from prompteval.core.errors import UsageError
from prompteval.core.problem import did_you_mean
from prompteval.data.rows import Raw, at

_MOST_NAMES = 1_000  # of fields that a message chooses the nearest from


class UnseenFields:
    """The fields by their option, as long as no row has had a value in them."""

    def __init__(self, named: Mapping[str, str | None]) -> None:
        self._missing = {option: field for option, field in named.items() if field}
        self._names: set[str] = set()
        self._rows = 0

    def through(self, rows: Iterable[tuple[int, Raw]]) -> Iterator[tuple[int, Raw]]:
        """The (line, row) that are given, each looked at."""
        for line, raw in rows:
            self._see(raw)
            yield line, raw

    def _see(self, raw: Raw) -> None:
        self._rows += 1
        if not self._missing:
            return
        self._missing = {
            option: field for option, field in self._missing.items() if at(raw, field) in (None, "")
        }
        if len(self._names) < _MOST_NAMES:
            self._names.update(_names(raw))

    def refuse(self, source: str) -> None:
        """Raises UsageError for the first field that no row had; never where there was no row."""
        for option, field in self._missing.items() if self._rows else ():
            message = f"{option} {field}: no row of {source} has a value in {field!r}"
            raise UsageError(message, did_you_mean(field, self._names))


def _names(raw: Mapping[str, object], before: str = "") -> Iterator[str]:
    """The dotted names of a row's fields."""
    for key, value in raw.items():
        yield before + key
        if isinstance(value, dict):
            yield from _names(value, f"{before}{key}.")
