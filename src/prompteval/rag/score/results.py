"""What the metrics read of a result: the passages that a team's own system reported, as spans of documents.

Where the corpus is at hand, a passage is a span of its document. Elsewhere a passage that does not say where
it begins has a place of its own, and gold is looked for in the passages: a quote in their texts, a document
by its name. Every passage that holds it is an alternative.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from prompteval.core.attribution import Listing
from prompteval.core.case import Case
from prompteval.core.observation import Observation
from prompteval.core.protocols import TokenCounter
from prompteval.core.retrieval import Chunk, Document, Ranking
from prompteval.core.trace import RetrievedPassage, Trace
from prompteval.corpus.answers.parsed_answer import ParsedAnswer, read_answer
from prompteval.corpus.quote import find_exact, find_normalised, normalised
from prompteval.metrics.spans import Blank
from prompteval.rag.gold import GoldChunks, GoldGroups, LocatedGold, blank_in
from prompteval.rag.index.content import indexed_text
from prompteval.rag.score.rag_case import (
    BEYOND,
    ModeReply,
    RagCase,
    abstains_where,
    by_documents,
    only_documents,
)
from prompteval.workspace.rag_section import Correct, Mode

# A place that no passage has.
_NOWHERE = 10**15
# Stage of a metric to the keys of a result that it reads, any of them.
NEEDS: Mapping[str, tuple[str, ...]] = {
    "retrieval": ("retrieved",),
    "rerank": ("reranked",),
    "context": ("retrieved", "reranked", "context"),
    "citations": ("context", "retrieved", "reranked"),
    "grounding": ("context", "retrieved", "reranked"),
}


@dataclass(frozen=True)
class ResultReader:
    """Reads results; the last one is kept, for many metrics read the same.

    `documents` and `gold` are those of the corpus, None where the suite has no corpus.
    `modes` holds `retrieved` where answers are scored. Sizes are counted by `counter` where a passage does
    not say its own.
    """

    modes: tuple[Mode, ...]
    correct: Correct
    counter: TokenCounter
    abstain: str = ""
    documents: Mapping[str, Document] | None = None
    gold: Mapping[str, GoldGroups] | None = None
    _last: list[tuple[Case, Observation, RagCase]] = field(default_factory=list, repr=False, compare=False)

    @property
    def blank(self) -> Blank | None:
        return None if self.documents is None else _blank_where_known(self.documents)

    def read(self, case: Case, observation: Observation) -> RagCase:
        last = self._last[0] if self._last else None
        if last is None or last[0] is not case or last[1] is not observation:
            last = (case, observation, self._read(case, observation))
            self._last[:] = [last]
        return last[2]

    def _read(self, case: Case, observation: Observation) -> RagCase:
        trace = observation.trace or Trace()
        layout = Layout(self.documents or {})
        retrieved, reranked = layout.ranking(trace.retrieved), layout.ranking(trace.reranked)
        packed = layout.units(trace.seen)
        considered = layout.units(one.passage for one in trace.dropped or () if one.reason != "rank")
        gold = self._gold(case, layout)
        whole = bool(gold) and only_documents(case)
        last = retrieved if reranked is None else reranked
        if last is None:  # what the model saw is all that the system says
            last = layout.ranking(trace.context)
        k = len(packed) + len(considered) if trace.context is not None else len(last or ())
        top = () if last is None else last.ids[:k]
        sizes = {name: self._size(layout, name) for name in {*top, *(unit.id for unit in packed)}}
        failed = observation.outcome == "error"
        return RagCase(
            case=case,
            outcome=observation.outcome,
            gold=gold,
            groups=by_documents(gold) if whole else GoldChunks(layout.by_id.values()).groups(gold),
            candidates=last if retrieved is None else retrieved,
            reranked=reranked,
            units=layout.by_id,
            packed=packed,
            sizes=tuple(sizes[name] for name in top),
            truncated=(),
            replies={"retrieved": self._reply(observation, trace, packed)},
            # A context need not be the first k: what it and `dropped` name was meant for it, nothing else.
            top=() if trace.context is not None else top,
            considered=(*considered, *packed),
            by_document=whole,
            missing={} if failed else self._missing(observation, trace),
            listed=layout.listed(trace),
            k=k,
            used=sum(sizes[unit.id] for unit in packed),
        )

    def _gold(self, case: Case, layout: "Layout") -> GoldGroups:
        if self.gold is not None:
            return tuple(
                tuple(found for item in group for found in (item, *layout.placed_alternatives(item)))
                for group in self.gold.get(case.id, ())
            )
        return tuple(tuple(span for raw in group for span in layout.alternatives(raw)) for group in case.gold)

    def _size(self, layout: "Layout", name: str) -> int:
        tokens = layout.passages[name].tokens
        return self.counter.count(indexed_text(layout.by_id[name])) if tokens is None else tokens

    def _reply(self, observation: Observation, trace: Trace, packed: tuple[Chunk, ...]) -> ModeReply:
        if observation.outcome != "ok":
            return ModeReply(observation.outcome, None, packed)
        return ModeReply("ok", self._answer(observation.output, trace), packed)

    def _answer(self, output: object, trace: Trace) -> ParsedAnswer:
        """The answer with the citations and the abstention that the result states of itself."""
        abstains = abstains_where(self.abstain)
        if trace.citations is not None:
            seen = trace.seen or ()
            listed = [{"n": _number(one.n, one.doc, seen), "quote": one.quote} for one in trace.citations]
            text = output.get("answer") if isinstance(output, Mapping) else output
            found = read_answer({"answer": text, "citations": listed})
            said = read_answer(output, abstains)
            found = replace(found, abstained=said.abstained, may_abstain=said.may_abstain)
        elif trace.seen is None and isinstance(output, str):
            # Without passages there is nothing to cite: brackets are words of the answer.
            plain = read_answer({"answer": output})
            found = replace(
                plain, abstained=abstains is not None and abstains(output), may_abstain=abstains is not None
            )
        else:
            found = read_answer(output, abstains)
        if trace.abstain is None:
            return found
        return replace(found, abstained=trace.abstain, may_abstain=True)

    def _missing(self, observation: Observation, trace: Trace) -> dict[str, str]:
        found = {
            stage: _no_key(keys, observation.output)
            for stage, keys in NEEDS.items()
            if all(getattr(trace, key) is None for key in keys)
        }
        output = observation.output
        if observation.outcome == "ok" and isinstance(output, Mapping) and "answer" not in output:
            keys = ", ".join(sorted(map(str, output))[:5])
            reason = f"the output has no field 'answer' (it has {keys}); say where with `map: {{output: …}}`"
            found |= dict.fromkeys(("generation", "citations", "grounding"), reason)
        return found


class Layout:
    """The passages of one result as spans, each id once."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self._documents = documents
        self._ids: dict[tuple[str, str], str] = {}
        self.by_id: dict[str, Chunk] = {}
        self.passages: dict[str, RetrievedPassage] = {}

    def ranking(self, passages: Sequence[RetrievedPassage] | None) -> Ranking | None:
        """The passages in the order given; of one that comes twice the first counts.

        Scores that do not descend are not what the order is by, and are left out.
        """
        if passages is None:
            return None
        scores = [passage.score for passage in passages]
        known = [score for score in scores if score is not None]
        by_score = len(known) == len(scores) and all(one >= other for one, other in pairwise(known))
        best: dict[str, float] = {}
        for place, passage in enumerate(passages):
            score = known[place] if by_score else -float(place)
            best.setdefault(self._add(passage), score)
        tied = sum(one == other for one, other in pairwise(best.values()))
        return Ranking(tuple(best.items()), tied, len(passages) - len(best))

    def listed(self, trace: Trace) -> dict[Listing, tuple[str, ...]]:
        """The ids of the passages in each list that the result has."""
        lists: dict[Listing, Iterable[RetrievedPassage] | None] = {
            "retrieved": trace.retrieved,
            "reranked": trace.reranked,
            "context": trace.seen,
            "dropped": None if trace.dropped is None else (one.passage for one in trace.dropped),
        }
        return {
            name: tuple(unit.id for unit in self.units(passages))
            for name, passages in lists.items()
            if passages is not None
        }

    def units(self, passages: Iterable[RetrievedPassage] | None) -> tuple[Chunk, ...]:
        """The spans of passages, in their order."""
        return tuple(self.by_id[self._add(passage)] for passage in passages or ())

    def alternatives(self, raw: Mapping[str, object]) -> list[LocatedGold]:
        """One gold item as the spans of every passage that holds it; a span of nothing where none does."""
        doc, grade = str(raw.get("doc", "")), int(str(raw.get("grade", 1)))
        if "start" in raw:
            return [LocatedGold(doc, int(str(raw["start"])), int(str(raw["end"])), grade)]
        quote = str(raw.get("quote", ""))
        found = []
        for unit in self.by_id.values():
            if doc and unit.doc_id != doc:
                continue
            spans = _quoted(unit.text, quote) if quote else [(0, unit.end - unit.start)]
            found += [LocatedGold(unit.doc_id, unit.start + a, unit.start + b, grade) for a, b in spans[:1]]
        return found or [LocatedGold(doc, _NOWHERE, _NOWHERE + 1, grade)]

    def placed_alternatives(self, item: LocatedGold) -> list[LocatedGold]:
        """Of gold in the corpus, the passages of its document whose place could not be found."""
        document = self._documents.get(item.doc)
        if document is None or item.missing:
            return []
        text = document.text[item.start : item.end]
        return [
            LocatedGold(unit.doc_id, unit.start + a, unit.start + b, item.grade)
            for unit in self.by_id.values()
            if unit.doc_id == item.doc and unit.start >= BEYOND
            for a, b in _quoted(unit.text, text)[:1]
        ]

    def _add(self, passage: RetrievedPassage) -> str:
        """The id of a passage's span; the same passage in two lists has one."""
        key = (passage.doc, passage.id or f"{passage.start}:{passage.text}")
        name = self._ids.get(key)
        if name is None:
            unit = self._span(passage)
            name = self._ids[key] = unit.id
            self.by_id.setdefault(name, unit)
            self.passages.setdefault(name, passage)
        elif passage.text and not self.by_id[name].text:
            # One list names the passage, another has its words.
            here = self.by_id[name]
            self.by_id[name] = replace(here, end=here.start + len(passage.text), text=passage.text)
        return name

    def _span(self, passage: RetrievedPassage) -> Chunk:
        document = self._documents.get(passage.doc)
        start, end = passage.start, passage.end
        if document is not None and (start is None or end is None):
            start, end = _place_of(document, passage.text)
        if start is not None and end is not None:
            text = document.text[start:end] if document is not None else passage.text
            title = document.title if document is not None else passage.title
            return Chunk(passage.doc, start, end, text, title)
        start = BEYOND * (len(self.by_id) + 1)
        return Chunk(passage.doc, start, start + max(1, len(passage.text)), passage.text, passage.title)


def _place_of(document: Document, text: str) -> tuple[int | None, int | None]:
    """Where the document holds a passage's text; the whole document for a passage without one."""
    if not text:
        return 0, len(document.text)
    spans = _quoted(document.text, text)
    return spans[0] if spans else (None, None)


def _quoted(text: str, quote: str) -> Sequence[tuple[int, int]]:
    """Where a text holds a quote, word for word or after normalisation."""
    return find_exact(text, quote) or find_normalised(normalised(text), quote)


def _no_key(keys: Sequence[str], output: object) -> str:
    """What is missing for a metric, any of some keys, and the way to it."""
    inside = next((key for key in keys if isinstance(output, Mapping) and key in output), None)
    if inside is not None:
        return f"{inside!r} is a field of the output; `result: true` in the suite reads it as a result"
    *others, last = map(repr, keys)
    named = f"{', '.join(others)} or {last}" if others else last
    return f"the result has no {named}; return it, or say where with `map: {{{keys[0]}: ...}}`"


def _number(n: int | None, doc: str | None, seen: Sequence[RetrievedPassage]) -> int:
    """The place in the context that a citation names; 0, which is none, for a document that is not there."""
    if n is not None:
        return n
    return next((place for place, one in enumerate(seen, 1) if one.doc == doc), 0)


def _blank_where_known(documents: Mapping[str, Document]) -> Blank:
    known = blank_in(documents)
    return lambda doc, start, end: doc in documents and end < BEYOND and known(doc, start, end)
