"""Documents, chunks, rankings and packed contexts: what retrieval hands from stage to stage."""

import math
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

DropReason = Literal["budget", "rank", "duplicate"]
Ties = Literal["input", "trec"]


@dataclass(frozen=True, slots=True)
class Document:
    """A text of the corpus. `path` is where it was read from, empty where it has no file."""

    id: str
    text: str
    title: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of a document, half-open in characters: `document.text[start:end] == text`."""

    doc_id: str
    start: int
    end: int
    text: str
    title: str = ""

    @property
    def id(self) -> str:
        """`doc_id:start-end`, unique within one chunking."""
        return f"{self.doc_id}:{self.start}-{self.end}"

    @property
    def span(self) -> tuple[str, int, int]:
        """The document's id and the place in it."""
        return self.doc_id, self.start, self.end


@dataclass(frozen=True, slots=True)
class Ranking:
    """Hits in their one total order, best first; made by `Ranking.of`.

    `tied` counts the neighbouring hits with equal scores, `duplicates` the repeated ids that
    were left out.
    """

    hits: tuple[tuple[str, float], ...]
    tied: int = 0
    duplicates: int = 0

    @classmethod
    def of(cls, hits: Iterable[tuple[str, float]], ties: Ties = "input") -> "Ranking":
        """The hits by score, highest first; equal scores keep the order given.

        With `ties="trec"` as trec_eval orders them: scores as 32-bit floats, then ids descending
        by their UTF-8 bytes. Of an id that comes twice the better-ranked occurrence counts. Raises
        ValueError for a score that is NaN.
        """
        given = list(hits)
        for name, score in given:
            if math.isnan(score):
                raise ValueError(f"the score of {name!r} is NaN")
        if ties == "trec":
            given = [(name, single_precision(score)) for name, score in given]
            # Code points and UTF-8 bytes sort alike.
            given.sort(key=lambda hit: hit[0], reverse=True)
        ordered = sorted(given, key=lambda hit: -hit[1])
        best: dict[str, float] = {}
        for name, score in ordered:
            best.setdefault(name, score)
        tied = sum(one == other for one, other in pairwise(best.values()))
        return cls(tuple(best.items()), tied, len(given) - len(best))

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.hits)

    def __len__(self) -> int:
        return len(self.hits)

    def top(self, k: int) -> "Ranking":
        """The first k hits."""
        return Ranking(self.hits[:k], self.tied, self.duplicates)


def single_precision(score: float) -> float:
    """The score as a 32-bit float; infinite beyond its range."""
    try:
        return float(struct.unpack("f", struct.pack("f", score))[0])
    except OverflowError:
        return math.copysign(math.inf, score)


@dataclass(frozen=True, slots=True)
class Context:
    """What was packed into a prompt: chunks kept in rank order, chunks dropped with the reason.

    `tokens` counts the kept text as packed, `budget` is the most allowed; `estimated` says that
    tokens were not counted by the model's own encoding.
    """

    kept: tuple[Chunk, ...]
    dropped: tuple[tuple[Chunk, DropReason], ...] = ()
    tokens: int = 0
    budget: int | None = None
    estimated: bool = False
    flags: Mapping[str, int] = field(default_factory=dict)
