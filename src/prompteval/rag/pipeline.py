"""From a question to a packed context: retriever, reranker, budget, each stage kept for what scores it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from prompteval.core.errors import RetrievalError
from prompteval.core.protocols import Embedder, Reranker, Retriever, TokenCounter, WindowedEmbedder
from prompteval.core.retrieval import Chunk, Context, Document, Ranking
from prompteval.rag.gold import GoldChunks
from prompteval.rag.index.content import indexed_text
from prompteval.rag.pack import pack
from prompteval.rag.rerank.order import rerank_top
from prompteval.rag.search_many import search_many
from prompteval.workspace.rag_section import RagSection


@dataclass(frozen=True, slots=True)
class Question:
    """What is searched for: the id of its case, by which a recorded run knows it, and its text."""

    id: str
    text: str


@dataclass(frozen=True)
class Pipeline:
    """A retrieval pipeline over one chunking of a corpus.

    `reranker` is None where the candidates keep their order. `encoders` are the models that index the
    chunks, by which truncation is known.
    """

    section: RagSection
    documents: Mapping[str, Document]
    chunks: Sequence[Chunk]
    retriever: Retriever
    reranker: Reranker | None
    counter: TokenCounter
    encoders: Sequence[Embedder] = ()

    @cached_property
    def by_id(self) -> dict[str, Chunk]:
        return {chunk.id: chunk for chunk in self.chunks}

    @cached_property
    def gold_index(self) -> GoldChunks:
        """Which chunks hold a span."""
        return GoldChunks(self.chunks)

    def unit(self, name: str) -> Chunk:
        """The chunk an id of a ranking names, or a whole document as one chunk.

        Raises RetrievalError for an id that is neither: a ranking over another corpus.
        """
        found = self.by_id.get(name)
        if found is not None:
            return found
        document = self.documents.get(name)
        if document is None:
            raise RetrievalError(
                f"the retriever gave {name!r}, which is neither a chunk nor a document of the corpus"
            )
        return Chunk(document.id, 0, len(document.text), document.text, document.title)

    def units(self, ranking: Ranking) -> list[Chunk]:
        return [self.unit(name) for name in ranking.ids]

    def retrieve(self, questions: Sequence[Question]) -> list[Ranking]:
        """The candidates of each question, at most `depth`, looked up together where the retriever can."""
        by_id = getattr(self.retriever, "reads_ids", False)
        asked = [question.id if by_id else question.text for question in questions]
        return search_many(self.retriever, asked, self.section.depth)

    def rerank(self, question: Question, ranking: Ranking) -> Ranking | None:
        """The candidates in their new order; None without a reranker."""
        if self.reranker is None:
            return None
        head = {name: self.unit(name) for name in ranking.ids[: self.section.rerank_depth]}
        return rerank_top(self.reranker, question.text, ranking, head, self.section.rerank_depth)

    def pack(self, ranking: Ranking, budget: int | None = None) -> Context:
        """The first `k` under the budget, or a smaller one. Raises ContextOverflow where the suite asks."""
        limit = self.section.context_tokens if budget is None else min(budget, self.section.context_tokens)
        chosen = self.units(ranking.top(self.section.k))
        return pack(chosen, self.counter, limit, on_overflow=self.section.on_overflow, written=indexed_text)

    @cached_property
    def truncated(self) -> frozenset[str]:
        """The ids of the chunks that are longer than an encoder's window, so that their end is not found."""
        texts = [indexed_text(chunk) for chunk in self.chunks]
        found: set[str] = set()
        for encoder in self.encoders:
            if isinstance(encoder, WindowedEmbedder):
                flags = encoder.truncates(texts)
                found.update(chunk.id for chunk, flag in zip(self.chunks, flags, strict=True) if flag)
        return frozenset(found)
