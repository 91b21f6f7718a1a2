"""Late interaction: each token of the question is matched with its nearest token of the passage."""

from collections.abc import Sequence

import numpy as np

from prompteval.core.protocols import TokenEmbedder
from prompteval.core.retrieval import Chunk, Ranking
from prompteval.rag.index.content import indexed_text
from prompteval.rag.index.embedding import Floats
from prompteval.rag.rerank.order import scored

NO_TOKENS = -1.0


class LateInteraction:
    """A Reranker by MaxSim over token vectors (Khattab and Zaharia 2020, ColBERT, eq. 3).

    The sum over the question's tokens is divided by their number, so that scores of questions of
    different lengths compare; order is the same. `truncated` counts passages longer than the
    encoder's window, `truncated_queries` questions.
    """

    def __init__(self, embedder: TokenEmbedder) -> None:
        self._embedder = embedder
        self.truncated = self.truncated_queries = 0

    @property
    def identity(self) -> str:
        return f"late_interaction({self._embedder.identity})"

    def rerank(self, query: str, chunks: Sequence[Chunk]) -> Ranking:
        """The candidates by MaxSim; a question without tokens leaves them in their order."""
        if not chunks:
            return Ranking(())
        (asked, *passages), (long, *flags) = self._embedder.embed_tokens(
            [query, *(indexed_text(chunk) for chunk in chunks)]
        )
        self.truncated += sum(flags)
        self.truncated_queries += long
        return scored(chunks, [max_sim(asked, passage) for passage in passages])


def max_sim(query: Floats, passage: Floats) -> float:
    """Mean over the query's tokens of the largest inner product with a passage's token.

    Both are unit vectors, one a row, so that the value is between -1 and 1. -1 for a passage
    without tokens, 0 for a query without any.
    """
    if not len(query):
        return 0.0
    if not len(passage):
        return NO_TOKENS
    return float((query @ passage.T).max(axis=1).mean(dtype=np.float64))
