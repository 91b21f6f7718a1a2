"""Where the gold of one question was at each stage: what a reason of failure rests on."""

from collections.abc import Iterable, Mapping, Sequence

from prompteval.core.attribution import Cited, GoldPiece, GoldPlace, Listing, Places
from prompteval.core.retrieval import Chunk
from prompteval.metrics.span_index import SpanIndex
from prompteval.metrics.spans import Blank, Span, touches
from prompteval.rag.gold import LocatedGold, chunk_spans
from prompteval.rag.score import citations
from prompteval.rag.score.attribution import STAGES, Stages, lost_after
from prompteval.rag.score.rag_case import BEYOND, RagCase, gold_spans


def places(rag_case: RagCase, blank: Blank | None = None) -> Places:
    """What was seen of the gold of one case; of each group the alternative that got furthest."""
    looking = _Looking(rag_case, blank)
    found = rag_case.listed.get("retrieved", rag_case.listed.get("reranked"))
    return Places(
        k=rag_case.k,
        candidates=None if found is None else len(found),
        packed=len(rag_case.packed),
        used=rag_case.used,
        budget=rag_case.budget,
        gold=tuple(looking.place(group) for group in rag_case.gold),
        holders=looking.holders(gold_spans(rag_case.gold)),
        cited=_cited(rag_case),
    )


def stages_reached(
    rag_case: RagCase,
) -> tuple[Sequence[Span], Sequence[Span], Sequence[Span]]:
    """What gold is looked for in: all candidates, those meant for the context, and the context."""
    candidates = () if rag_case.candidates is None else rag_case.spans(rag_case.candidates.ids)
    top = [*rag_case.spans(rag_case.top), *chunk_spans(rag_case.considered)]
    return candidates, top, chunk_spans(rag_case.packed)


class _Looking:
    """Looks for the spans of one case in its lists of passages."""

    def __init__(self, rag_case: RagCase, blank: Blank | None) -> None:
        self._case = rag_case
        self._stages = Stages.of(*stages_reached(rag_case), blank)
        self._known: Mapping[str, Chunk] = {**rag_case.units, **{one.id: one for one in rag_case.packed}}
        listed = rag_case.listed
        self._last = listed.get("reranked", listed.get("retrieved", ()))

    def place(self, group: Sequence[LocatedGold]) -> GoldPlace:
        """The alternative of a group that got furthest, then the best ranked."""
        found = [(self._stages.reached(item.span), item.span) for item in group]
        stages = max(reached for reached, _ in found)
        rank, span = self._first([span for reached, span in found if reached == stages])
        sizes = self._case.sizes
        placed = span[1] < BEYOND
        return GoldPlace(
            doc=span[0],
            start=span[1] if placed else None,
            end=span[2] if placed else None,
            lost=lost_after(stages),
            rank=rank,
            before=self._rank(span, self._case.listed.get("retrieved", ()))
            if "reranked" in self._case.listed
            else None,
            doc_rank=self._document_rank(span[0]),
            context=self._rank(span, self._case.listed.get("context", ())),
            tokens=sum(sizes[:rank]) if rank is not None and rank <= len(sizes) else None,
            pieces=self._pieces(span) if stages == len(STAGES) - 1 else (),
        )

    def holders(self, gold: Sequence[Span]) -> dict[Listing, tuple[int, ...]]:
        """Of each list the places of the passages that share a character with any gold."""
        index = SpanIndex(gold)
        return {
            name: tuple(
                place
                for place, one in enumerate(ids, 1)
                if (unit := self._known.get(one)) is not None and index.touches(unit.span)
            )
            for name, ids in self._case.listed.items()
        }

    def _first(self, spans: Sequence[Span]) -> tuple[int | None, Span]:
        """(the rank of the first passage in the last order that holds one of the spans, that span)."""
        index = SpanIndex(spans)
        for rank, name in enumerate(self._last, 1):
            unit = self._known.get(name)
            held = min(index.touching(unit.span), default=None) if unit is not None else None
            if held is not None:
                return rank, spans[held]
        return None, spans[0]

    def _holds(self, name: str, span: Span) -> bool:
        unit = self._known.get(name)
        return unit is not None and touches(unit.span, span)

    def _rank(self, span: Span, ids: Iterable[str]) -> int | None:
        return next((place for place, name in enumerate(ids, 1) if self._holds(name, span)), None)

    def _document_rank(self, doc: str) -> int | None:
        docs = ((place, self._known.get(name)) for place, name in enumerate(self._last, 1))
        return next((place for place, unit in docs if unit is not None and unit.doc_id == doc), None)

    def _pieces(self, span: Span) -> tuple[GoldPiece, ...]:
        """The passages that share the span, by their place in the document."""
        ranks: dict[str, int] = {}
        for place, name in enumerate(self._last, 1):
            ranks.setdefault(name, place)
        packed = {one.id for one in self._case.packed}
        shared = [name for name in self._known if self._holds(name, span)]
        shared.sort(key=lambda name: (self._known[name].start, self._known[name].end))
        return tuple(
            _piece(self._known[name], ranks.get(name), packed=name in packed)
            for name in dict.fromkeys(shared)
        )


def _piece(unit: Chunk, rank: int | None, *, packed: bool) -> GoldPiece:
    placed = unit.start < BEYOND
    return GoldPiece(unit.doc_id, unit.start if placed else None, unit.end if placed else None, rank, packed)


def _cited(rag_case: RagCase) -> tuple[Cited, ...]:
    """The citations of the answer, right or wrong; none where the question has no gold."""
    reply = rag_case.replies.get("retrieved")
    if reply is None or reply.answer is None or not rag_case.gold:
        return ()
    right = citations.right(reply.answer, reply.passages, gold_spans(rag_case.gold))
    return tuple(Cited(item.n, fits) for item, fits in zip(reply.answer.citations, right, strict=True))
