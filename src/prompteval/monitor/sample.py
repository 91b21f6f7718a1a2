"""A seeded sample of rows, the same for any order and number of processes that read them."""

import heapq
from collections.abc import Iterable, Sequence
from typing import Final
from zlib import crc32

MOST_SAMPLED: Final = 5_000
LONGEST_TEXT: Final = 2_000


def place_of(request_id: str, seed: int) -> int:
    """A row's place in the order of a seed, from 0 up to 2^32: a checksum, so that no other row moves it."""
    return crc32(request_id.encode("utf-8", "surrogatepass"), seed)


class TextSample:
    """The texts of the rows that come first in the order of a seed, MOST_SAMPLED at most, each clipped."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._kept: list[tuple[int, str, str]] = []
        self._full_below: int | None = None

    def add(self, ids: Sequence[str], texts: Sequence[str]) -> None:
        """Consider further rows."""
        bound = self._full_below
        fresh = [
            (place, one, text[:LONGEST_TEXT])
            for one, text in zip(ids, texts, strict=True)
            if (place := place_of(one, self._seed)) <= (2**32 if bound is None else bound)
        ]
        self._keep(fresh)

    def merge(self, other: "TextSample") -> None:
        """Consider what another sample has kept."""
        self._keep(other._kept)

    def texts(self) -> list[str]:
        """The texts in the order of the seed."""
        return [text for _, _, text in self._kept]

    def as_json(self) -> list[tuple[int, str, str]]:
        return self._kept

    @classmethod
    def from_json(cls, raw: Iterable[Sequence[object]]) -> "TextSample":
        found = cls()
        found._keep([(int(str(place)), str(one), str(text)) for place, one, text in raw])
        return found

    def _keep(self, fresh: Iterable[tuple[int, str, str]]) -> None:
        self._kept = heapq.nsmallest(MOST_SAMPLED, [*self._kept, *fresh])
        self._full_below = self._kept[-1][0] if len(self._kept) == MOST_SAMPLED else None
