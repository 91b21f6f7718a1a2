"""The cases that one pass over a suite read, kept for its run where they are few."""

from collections.abc import Iterator
from typing import Final

from prompteval.core.case import Case

# Of their canonical JSON; the objects take about ten times as much.
MOST_KEPT_CHARACTERS: Final = 4_000_000


class KeptCases:
    """The cases of each source, by its key; none at all once they are more than MOST_KEPT_CHARACTERS."""

    def __init__(self) -> None:
        self._cases: dict[str, list[Case]] = {}
        self._free = MOST_KEPT_CHARACTERS

    def add(self, source: str, case: Case, size: int) -> None:
        """Keep a case of `size` characters, if there is room for it and was for all before it."""
        self._free -= size
        if self._free >= 0:
            self._cases.setdefault(source, []).append(case)
        else:
            self._cases.clear()

    def of(self, source: str) -> Iterator[Case] | None:
        """All cases of a source, in their order; None where they have to be read again."""
        found = self._cases.get(source)
        return None if found is None else iter(found)
