"""The sparse index behind BM25: for every term the texts that hold it, and what it adds to their score."""

import math
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from prompteval.core.errors import UsageError
from prompteval.core.problem import did_you_mean
from prompteval.core.word_splitting import split_words
from prompteval.rag.index.words import Words
from prompteval.workspace.rag_options import Engine

ENGINES: tuple[Engine, ...] = get_args(Engine)
STOP_WORD = -1
# So many words are counted at once, which bounds the memory beside the index itself.
WORDS_A_BLOCK = 2_000_000

Doubles = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Bm25:
    """How BM25 is computed.

    Engine `bm25s`: idf ln(1 + (N - df + 0.5) / (df + 0.5)) times tf / (tf + k1 (1 - b + b length / mean
    length)), as Lucene since 8 and as the bm25s package's method "lucene" (Kamphuis, de Vries, Boytsov
    and Lin 2020). Length counts words after stop words are gone; empty texts count in N and in the mean.
    Engine `rank_bm25` is the package of that name (`rag.index.rank_bm25`).
    """

    engine: Engine = "bm25s"
    k1: float = 1.5
    b: float = 0.75
    words: Words = field(default_factory=Words)

    def __post_init__(self) -> None:
        """Raises UsageError for an unknown engine and for k1 or b outside their range."""
        if self.engine not in ENGINES:
            raise UsageError(f"bm25: unknown engine {self.engine!r}", did_you_mean(self.engine, ENGINES))
        if not (math.isfinite(self.k1) and self.k1 >= 0):
            raise UsageError(f"bm25: k1 is {self.k1}", "k1 must be a number from 0; the default is 1.5")
        if not 0 <= self.b <= 1:
            raise UsageError(f"bm25: b is {self.b}", "b must be from 0 to 1, 0.75 unless set")

    @property
    def identity(self) -> str:
        return f"{self.engine},k1={self.k1:g},b={self.b:g},{self.words.identity}"

    def idf(self, frequency: NDArray[Any], texts: int) -> Doubles:
        """Of each term, from the number of texts that hold it."""
        return np.log1p((texts - frequency + 0.5) / (frequency + 0.5))

    def saturation(self, count: NDArray[Any], length: NDArray[Any], mean_length: float) -> Doubles:
        """What `count` occurrences in a text of that length are worth, before idf."""
        return count / (count + self.k1 * (1.0 - self.b + self.b * length / mean_length))


@dataclass(frozen=True, slots=True)
class Postings:
    """Term t is in the texts `places[starts[t]:starts[t + 1]]`, ascending, and adds `impacts` there.

    `starts` has the shape (terms + 1,), `places` and `impacts` (postings,); `greatest` is the highest
    impact of each term.
    """

    terms: tuple[str, ...]
    texts: int
    starts: NDArray[np.int64]
    places: Ints
    impacts: Singles

    def greatest(self) -> Doubles:
        if not self.terms:
            return np.zeros(0)
        return np.maximum.reduceat(self.impacts, self.starts[:-1]).astype(np.float64)


@dataclass(frozen=True, slots=True)
class _Block:
    """Counts of terms in consecutive texts, by term, then place."""

    term: Ints
    place: Ints
    count: Ints


def build_postings(texts: Iterable[str], how: Bm25) -> Postings:
    """Index the texts in their order; each is read once and not kept."""
    numbers = _Numbers(how.words)
    blocks: list[_Block] = []
    lengths: list[Ints] = []
    codes, sizes, total = array("i"), array("i"), 0
    number = numbers.__getitem__
    for text in texts:
        words = split_words(text)
        codes.extend(map(number, words))
        sizes.append(len(words))
        if len(codes) >= WORDS_A_BLOCK:
            _count(codes, sizes, total, blocks, lengths)
            total += len(sizes)
            codes, sizes = array("i"), array("i")
    _count(codes, sizes, total, blocks, lengths)
    total += len(sizes)
    return _assembled(tuple(numbers.terms), total, blocks, np.concatenate(lengths), how)


class _Numbers(dict[str, int]):
    """Word to the number of its term, in order of first occurrence; STOP_WORD for a stop word."""

    def __init__(self, words: Words) -> None:
        self.terms: dict[str, int] = {}
        self._term_of: Callable[[str], str | None] = words.term_of()

    def __missing__(self, word: str) -> int:
        term = self._term_of(word)
        number = STOP_WORD if term is None else self.terms.setdefault(term, len(self.terms))
        self[word] = number
        return number


def _count(
    codes: "array[int]", sizes: "array[int]", first: int, blocks: list[_Block], lengths: list[Ints]
) -> None:
    """Append the counts of one block of texts, and their lengths without stop words."""
    term = np.frombuffer(codes, dtype=np.int32) if codes else np.zeros(0, np.int32)
    size = np.frombuffer(sizes, dtype=np.int32) if sizes else np.zeros(0, np.int32)
    place = np.repeat(np.arange(len(size), dtype=np.int64), size)[term != STOP_WORD]
    lengths.append(np.bincount(place, minlength=len(size)).astype(np.int32))
    key = term[term != STOP_WORD] * np.int64(max(len(size), 1)) + place
    key.sort()
    begins = np.flatnonzero(np.diff(key, prepend=-1))
    count = np.diff(begins, append=len(key)).astype(np.int32)
    found, place = np.divmod(key[begins], max(len(size), 1))
    blocks.append(_Block(found.astype(np.int32), (place + first).astype(np.int32), count))


def _assembled(terms: tuple[str, ...], texts: int, blocks: list[_Block], length: Ints, how: Bm25) -> Postings:
    """The blocks as one index, each released once it is copied."""
    frequency = np.zeros(len(terms), dtype=np.int64)
    for block in blocks:
        frequency += np.bincount(block.term, minlength=len(terms))
    starts = np.concatenate(([0], np.cumsum(frequency)))
    places = np.empty(starts[-1], dtype=np.int32)
    impacts = np.empty(starts[-1], dtype=np.float32)
    idf = how.idf(frequency, texts)
    mean = float(length.mean()) if texts else 0.0
    free = starts[:-1].copy()
    for block in _taken(blocks):
        held = np.bincount(block.term, minlength=len(terms))
        within = np.arange(len(block.term)) - np.repeat(np.cumsum(held) - held, held)
        target = free[block.term] + within
        places[target] = block.place
        impacts[target] = idf[block.term] * how.saturation(block.count, length[block.place], mean)
        free += held
    return Postings(terms, texts, starts, places, impacts)


def _taken(blocks: list[_Block]) -> Iterable[_Block]:
    blocks.reverse()
    while blocks:
        yield blocks.pop()
