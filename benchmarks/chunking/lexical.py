"""BM25 by the bm25s library, Lucene's formula, English stems: the lexical side of the sweep."""

from collections.abc import Sequence
from typing import Any

import bm25s
import Stemmer

from prompteval.core.retrieval import Chunk, Ranking
from prompteval.rag.index.content import indexed_text


class Lexical:
    """A Retriever over the chunks; k1 1.5, b 0.75."""

    identity = "bm25s(lucene,k1=1.5,b=0.75,english)"

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._ids = [chunk.id for chunk in chunks]
        self._stemmer = Stemmer.Stemmer("english")
        self._index = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
        self._index.index(self._words([indexed_text(chunk) for chunk in chunks]), show_progress=False)

    def search(self, query: str, k: int) -> Ranking:
        places, scores = self._index.retrieve(
            self._words([query]), k=min(k, len(self._ids)), show_progress=False
        )
        hits = zip(places[0].tolist(), scores[0].tolist(), strict=True)
        ordered = sorted(hits, key=lambda hit: (-hit[1], hit[0]))
        return Ranking.of((self._ids[place], score) for place, score in ordered if score > 0)

    def _words(self, texts: Sequence[str]) -> Any:
        return bm25s.tokenize(list(texts), stopwords="en", stemmer=self._stemmer, show_progress=False)
