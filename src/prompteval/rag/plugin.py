"""Retrievers and rerankers of plug-ins: what they raise or give against the protocol is a RetrievalError."""

from collections.abc import Callable, Sequence

from prompteval.core.errors import RetrievalError
from prompteval.core.protocols import Reranker, Retriever
from prompteval.core.retrieval import Chunk, Ranking
from prompteval.core.secret import hide
from prompteval.rag.index.outside import ranking_of


class PluginRetriever:
    """A Retriever from outside. Rankings are cached by its identity, unless it says `cacheable = False`."""

    def __init__(self, name: str, found: Retriever) -> None:
        self._name = f"retriever {name!r}"
        self._found = found
        self.cacheable = bool(getattr(found, "cacheable", True))

    @property
    def identity(self) -> str:
        return f"{self._name}({self._found.identity})"

    def search(self, query: str, k: int) -> Ranking:
        return _ranking(self._name, lambda: self._found.search(query, k)).top(k)


class PluginReranker:
    """A Reranker from outside."""

    def __init__(self, name: str, found: Reranker) -> None:
        self._name = f"reranker {name!r}"
        self._found = found

    @property
    def identity(self) -> str:
        return f"{self._name}({self._found.identity})"

    def rerank(self, query: str, chunks: Sequence[Chunk]) -> Ranking:
        ranking = _ranking(self._name, lambda: self._found.rerank(query, chunks))
        if sorted(ranking.ids) != sorted(chunk.id for chunk in chunks):
            raise RetrievalError(f"{self._name}: it returned other ids than those of its candidates")
        return ranking


def _ranking(name: str, work: Callable[[], object]) -> Ranking:
    try:
        found = work()
        return found if isinstance(found, Ranking) else ranking_of(found, name)
    except RetrievalError:
        raise
    except (Exception, SystemExit) as error:
        raise RetrievalError(hide(f"{name}: {type(error).__name__}: {error}")) from error
