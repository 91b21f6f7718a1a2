"""Several retrievers asked for one query, their rankings fused."""

from collections.abc import Sequence

from prompteval.core.errors import UsageError
from prompteval.core.protocols import Retriever
from prompteval.core.retrieval import Ranking
from prompteval.rag.fuse import Scale, reciprocal_rank_fusion, weighted_fusion
from prompteval.rag.search_many import search_many
from prompteval.workspace.rag_options import DEFAULT_DEPTH


class Hybrid:
    """A Retriever over others. Each gives its first `depth` hits; fused by RRF, or by `weights`."""

    def __init__(
        self,
        retrievers: Sequence[Retriever],
        depth: int = DEFAULT_DEPTH,
        weights: Sequence[float] | None = None,
        scale: Scale = "minmax",
    ) -> None:
        """Raises UsageError for weights that do not go with the retrievers."""
        if weights is not None and (
            len(weights) != len(retrievers) or min(weights, default=0) < 0 or not sum(weights)
        ):
            message = f"hybrid: {len(retrievers)} retrievers and the weights {list(weights)}"
            raise UsageError(message, "give each retriever a weight from 0, one of them above 0")
        self._retrievers = tuple(retrievers)
        self._depth = depth
        self._weights = weights
        self._scale = scale

    @property
    def identity(self) -> str:
        fusion = "rrf" if self._weights is None else f"{self._scale}@2{list(self._weights)}"
        inside = ";".join(retriever.identity for retriever in self._retrievers)
        return f"hybrid({fusion},depth={self._depth},{inside})"

    def search(self, query: str, k: int) -> Ranking:
        """At most k ids of those any retriever found."""
        return self.search_many([query], k)[0]

    def search_many(self, queries: Sequence[str], k: int) -> list[Ranking]:
        """One ranking a query, in order."""
        found = [search_many(retriever, queries, self._depth) for retriever in self._retrievers]
        return [self._fused(rankings, k) for rankings in zip(*found, strict=True)]

    def _fused(self, rankings: Sequence[Ranking], k: int) -> Ranking:
        if self._weights is None:
            return reciprocal_rank_fusion(rankings).top(k)
        return weighted_fusion(rankings, self._weights, self._scale).top(k)
