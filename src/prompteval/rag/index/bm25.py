"""BM25 over chunks: a query touches only the texts that hold one of its words.

Terms are taken from the one that can add most to the one that can add least. As soon as the k-th
best sum so far is more than all the remaining terms can add together, no new text can come into the
answer, and the remaining, mostly long, lists are only looked up for the texts that still can
(MaxScore: Turtle and Flood 1995). The sums are the same to the last digit either way, since every
text adds its terms in the same order.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from prompteval.core.retrieval import Chunk, Ranking
from prompteval.rag.index.bm25_postings import Bm25, Doubles, Ints, Postings, Singles, build_postings
from prompteval.rag.index.bm25_sums import SLACK, Sums, kth_greatest, reaching
from prompteval.rag.index.content import ContentHash, indexed_text

# Below so many postings left, looking at the best so far costs more than it saves.
FEWEST_TO_SKIP = 50_000
# Looking one text up in a list takes as long as adding so many postings.
POSTINGS_A_LOOKUP = 50


class Bm25Index:
    """A Retriever over the chunks of one chunking, by BM25.

    Equal scores are ordered by chunk id, ascending. A text without a word of the query is not
    found; a word that the query repeats counts each time. An empty query and an empty corpus find
    nothing.
    """

    def __init__(self, ids: Sequence[str], postings: Postings, how: Bm25, content: str) -> None:
        """Raises ValueError where ids and texts differ in number."""
        if len(ids) != postings.texts:
            raise ValueError(f"{len(ids)} ids for {postings.texts} texts")
        self.ids = tuple(ids)
        self._names = np.array(self.ids, dtype=np.object_)
        self.postings = postings
        self.how = how
        self.content = content
        self._number = {term: number for number, term in enumerate(postings.terms)}
        self._greatest = postings.greatest()
        self._tie_order = np.empty(len(self.ids), dtype=np.int32)
        self._tie_order[np.array(sorted(range(len(self.ids)), key=self.ids.__getitem__), dtype=np.int64)] = (
            np.arange(len(self.ids), dtype=np.int32)
        )

    @classmethod
    def build(cls, chunks: Iterable[Chunk], how: Bm25 | None = None) -> "Bm25Index":
        """Index the chunks; they are read once, so that a generator will do."""
        how = how or Bm25()
        ids: list[str] = []
        content = ContentHash()

        def texts() -> Iterator[str]:
            for chunk in chunks:
                name, text = chunk.id, indexed_text(chunk)
                ids.append(name)
                content.add(name, text)
                yield text

        postings = build_postings(texts(), how)
        return cls(ids, postings, how, content.text)

    @property
    def identity(self) -> str:
        return f"bm25({self.how.identity},{self.content})"

    def __len__(self) -> int:
        return len(self.ids)

    def search(self, query: str, k: int) -> Ranking:
        """At most k chunk ids by BM25; fewer when no more chunks hold a word of the query."""
        counts = Counter(
            number for word in self.how.words.of(query) if (number := self._number.get(word)) is not None
        )
        if not counts or k < 1:
            return Ranking(())
        # By the greatest possible addition; terms alike in that by their text, regardless of their number.
        bound = {term: self._greatest[term] * weight for term, weight in counts.items()}
        ordered = sorted(counts, key=lambda term: (-bound[term], self.postings.terms[term]))
        weights = [float(counts[term]) for term in ordered]
        places, sums = self._scored(np.array(ordered), np.array(weights), k)
        return self._ranking(places, sums, k)

    def search_many(self, queries: Iterable[str], k: int) -> Iterator[Ranking]:
        """One ranking a query, in order, each as it is asked for."""
        return (self.search(query, k) for query in queries)

    def _scored(self, terms: NDArray[np.int64], weights: Doubles, k: int) -> tuple[Ints, Singles]:
        """Places and sums of texts among which the k best are, sums of all terms."""
        bounds = self._greatest[terms] * weights
        left = np.append(np.cumsum(bounds[::-1])[::-1], 0.0) * (1.0 + SLACK)
        sizes = self.postings.starts[terms + 1] - self.postings.starts[terms]
        after = sizes.sum() - np.cumsum(sizes)
        sums = Sums(len(self.ids))
        for at in range(len(terms)):
            sums.add(*self._list(int(terms[at]), float(weights[at])))
            if after[at] < FEWEST_TO_SKIP or left[0] < 2 * left[at + 1]:
                continue
            least = sums.kth_greatest(k)
            if least <= left[at + 1]:
                continue
            places, values = sums.reaching(least - left[at + 1])
            if len(places) * POSTINGS_A_LOOKUP < after[at]:
                rest = slice(at + 1, None)
                return self._looked_up(places, values, terms[rest], weights[rest], left[at + 2 :], k)
        return sums.reaching(sums.kth_greatest(k))

    def _list(self, term: int, weight: float = 1.0) -> tuple[Ints, Singles]:
        """Where a term stands and what it adds there, when the query has it `weight` times."""
        part = slice(self.postings.starts[term], self.postings.starts[term + 1])
        impacts = self.postings.impacts[part]
        return self.postings.places[part], impacts if weight == 1 else impacts * np.float32(weight)

    def _looked_up(
        self, places: Ints, sums: Singles, terms: NDArray[np.int64], weights: Doubles, left: Doubles, k: int
    ) -> tuple[Ints, Singles]:
        """The texts that can still be among the k best, with the remaining terms added."""
        for term, weight, more in zip(terms.tolist(), weights.tolist(), left.tolist(), strict=True):
            listed, impacts = self._list(term)
            place = np.minimum(np.searchsorted(listed, places), len(listed) - 1)
            hit = listed[place] == places
            sums[hit] += impacts[place[hit]] * np.float32(weight)
            places, sums = reaching(places, sums, kth_greatest(sums, k) - more)
        return places, sums

    def _ranking(self, places: Ints, sums: Singles, k: int) -> Ranking:
        order = np.lexsort((self._tie_order[places], -sums))[:k]
        best = sums[order]
        names: list[str] = self._names.take(places[order]).tolist()
        tied = int((best[1:] == best[:-1]).sum())
        return Ranking(tuple(zip(names, best.tolist(), strict=True)), tied)
