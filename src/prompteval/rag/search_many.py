"""Several questions asked of a retriever at once, where it can."""

from collections.abc import Sequence
from typing import Any

from prompteval.core.protocols import Retriever
from prompteval.core.retrieval import Ranking


def search_many(retriever: Retriever, queries: Sequence[str], k: int) -> list[Ranking]:
    """One ranking a query, together where the retriever can."""
    together: Any = getattr(retriever, "search_many", None)
    if together is not None:
        found: list[Ranking] = together(queries, k)
        return found
    return [retriever.search(query, k) for query in queries]
