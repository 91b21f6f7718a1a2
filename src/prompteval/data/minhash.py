"""Near-duplicates: MinHash signatures, locality-sensitive hashing, and exact Jaccard.

Broder 1997; Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3. With `BANDS` bands of
`ROWS` hashes a pair of Jaccard s is looked at with probability 1 - (1 - s^ROWS)^BANDS: 0.998 at 0.8.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SHINGLE = 5
BANDS, ROWS = 20, 6
# Of texts that share a band, each is compared with this many: of a thousand copies of one form, not with all.
COMPARED_WITH = 30
_BATCH = 2_000_000  # characters that are hashed at once
_PRIME = np.uint64(0x100000001B3)

Words = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts by their places, the first one first, and the Jaccard index of their shingles."""

    first: int
    second: int
    jaccard: float


def shingles(text: str) -> frozenset[str]:
    """All runs of five characters; none of a shorter text."""
    return frozenset(text[place : place + SHINGLE] for place in range(len(text) - SHINGLE + 1))


def near_pairs(
    texts: Sequence[str], threshold: float, wanted: Callable[[int, int], bool] = lambda first, second: True
) -> Iterator[Pair]:
    """Pairs of different texts from a Jaccard index of `threshold` up, by place.

    None is reported that is not one. Texts are as `normal` gives them; those under five characters have no
    shingles, and equal ones are for the caller. A pair that is not `wanted` by then is not compared. Memory:
    160 bytes a text beside the texts.
    """
    keys = band_keys(texts)
    last, text, own = -1, "", frozenset[str]()
    for code in _candidates(keys, len(texts)):
        first, second = divmod(code, len(texts))
        if not wanted(first, second):
            continue
        if first != last:
            last, text = first, texts[first]
            own = shingles(text)
        another = texts[second]
        if not own or len(another) < SHINGLE or text == another:
            continue
        other = shingles(another)
        if min(len(own), len(other)) < threshold * max(len(own), len(other)):
            continue
        shared = len(own & other)
        jaccard = shared / (len(own) + len(other) - shared)
        if jaccard >= threshold:
            yield Pair(first, second, jaccard)


def band_keys(texts: Sequence[str]) -> Words:
    """(BANDS, texts) hashes; 0 for a text without shingles."""
    keys = np.zeros((BANDS, len(texts)), dtype=np.uint64)
    start = 0
    while start < len(texts):
        end, characters = start, 0
        batch: list[str] = []
        while end < len(texts) and (characters < _BATCH or end == start):
            batch.append(texts[end])
            characters += len(batch[-1])
            end += 1
        _add_keys(keys, batch, start)
        start = end
    return keys


def _add_keys(keys: Words, batch: Sequence[str], start: int) -> None:
    """The keys of a batch, whose first text is at `start`."""
    places = [start + place for place, text in enumerate(batch) if len(text) >= SHINGLE]
    if not places:
        return
    long = [text for text in batch if len(text) >= SHINGLE]
    counts = np.array([len(text) for text in long])
    data = "".join(long).encode("utf-32-le", "surrogatepass")
    hashed = _rolling(np.frombuffer(data, dtype=np.uint32))
    ends = np.cumsum(counts)
    inside = np.ones(len(hashed), dtype=bool)  # runs that begin in one text and end in the next are none
    for back in range(1, SHINGLE):
        inside[(ends[:-1] - back)[ends[:-1] - back < len(hashed)]] = False
    firsts = np.concatenate(([0], np.cumsum(counts - SHINGLE + 1)[:-1]))
    low = hashed[inside]
    for band in range(BANDS):
        key = np.full(len(places), np.uint64(band + 1))
        for row in range(ROWS):
            factor, shift = _PERMUTATIONS[band * ROWS + row]
            least = np.minimum.reduceat(low * factor + shift, firsts)
            key = (key ^ least) * np.uint64(0x9E3779B97F4A7C15)
            key ^= key >> np.uint64(29)
        keys[band, places] = np.maximum(key, np.uint64(1))


def _rolling(codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """A mixed 32-bit hash of each run of five characters."""
    length = len(codes) - SHINGLE + 1
    total = np.zeros(length, dtype=np.uint64)
    for place in range(SHINGLE):
        total = (total ^ codes[place : place + length]) * _PRIME
    total ^= total >> np.uint64(33)
    total *= np.uint64(0xFF51AFD7ED558CCD)
    total ^= total >> np.uint64(33)
    return total.astype(np.uint32)


def _permutations() -> list[tuple[np.uint32, np.uint32]]:
    generator = np.random.default_rng(20_261_128)
    factors = generator.integers(0, 2**31, BANDS * ROWS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    shifts = generator.integers(0, 2**32, BANDS * ROWS, dtype=np.uint32)
    return list(zip(factors, shifts, strict=True))


_PERMUTATIONS = _permutations()


def _candidates(keys: Words, count: int) -> Iterator[int]:
    """first * count + second of every two texts that share a band, once each and in order."""
    found: list[npt.NDArray[np.int64]] = []
    for band in keys:
        order = np.argsort(band, kind="stable")
        sorted_keys = band[order]
        same = sorted_keys[1:] == sorted_keys[:-1]
        # Distance 1, 2, … in the sorted order: those of one run, up to COMPARED_WITH apart.
        distance = 1
        alike = same & (sorted_keys[1:] > 0)
        while alike.any() and distance <= COMPARED_WITH:
            places = np.flatnonzero(alike)
            a, b = order[places], order[places + distance]
            found.append(np.minimum(a, b) * count + np.maximum(a, b))
            alike = alike[:-1] & same[distance:]
            distance += 1
    if found:
        codes = np.concatenate(found)
        codes.sort()  # np.unique hashes, which is slower by far for tens of millions
        yield from codes[np.concatenate(([True], codes[1:] != codes[:-1]))].tolist()
