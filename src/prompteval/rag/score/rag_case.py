"""What the metrics of a retrieval pipeline read of one case: gold, rankings, contexts, answers, as spans."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from prompteval.core.attribution import Listing
from prompteval.core.case import Case
from prompteval.core.observation import Observation
from prompteval.core.retrieval import Chunk, Document, Ranking
from prompteval.corpus.answers.parsed_answer import ParsedAnswer, read_answer
from prompteval.isolate.pattern_search import search
from prompteval.metrics.judged import GoldGroup
from prompteval.metrics.spans import Blank, Span
from prompteval.rag.gold import GoldChunks, GoldGroups, blank_in, chunk_spans, spans_of
from prompteval.workspace.rag_section import Correct, Mode, RagSection

# Passages whose place in their document is not known are laid out from here on, behind every place there is.
BEYOND = 10**10
_CHUNK_ID = re.compile(r"(.*):([0-9]{1,9})-([0-9]{1,9})\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ModeReply:
    """How one mode ended: its outcome, the answer where there is one, the passages it was given."""

    outcome: str
    answer: ParsedAnswer | None
    passages: tuple[Chunk, ...]

    @property
    def abstained(self) -> bool:
        return self.answer is not None and self.answer.abstained


@dataclass(frozen=True)
class RagCase:
    """One case as the metrics read it. `ranked` is the last order of the candidates, where there are any.

    `groups` is the gold as the ranking measures take it, over the units that were retrieved; where all
    gold is whole documents, over documents, and `by_document` says so. `sizes` are the tokens of the
    first k, as packed. `top` are the ids of the first k, `considered` what else was meant for the context.
    `missing` says of a stage why its metrics cannot be read: what the system did not report. `listed` are
    the ids of the units in each list, as they were given, "" for one that is not known; `k` passages are
    meant for the context, which takes `used` tokens of `budget`.
    """

    case: Case
    outcome: str
    gold: GoldGroups
    groups: list[GoldGroup]
    candidates: Ranking | None
    reranked: Ranking | None
    units: Mapping[str, Chunk]
    packed: tuple[Chunk, ...]
    sizes: tuple[int, ...]
    truncated: tuple[str, ...]
    replies: Mapping[Mode, ModeReply]
    top: tuple[str, ...] = ()
    considered: tuple[Chunk, ...] = ()
    by_document: bool = False
    missing: Mapping[str, str] = field(default_factory=dict)
    listed: Mapping[Listing, tuple[str, ...]] = field(default_factory=dict)
    k: int = 0
    used: int = 0
    budget: int | None = None

    def judged(self, stage: str) -> Ranking | None:
        """The ranking that a metric of a stage reads; by document, each at the place of its best chunk."""
        ranking = self.ranked if stage == "rerank" else self.candidates
        if ranking is None or not self.by_document:
            return ranking
        return Ranking.of((self.units[name].doc_id, score) for name, score in ranking.hits)

    @property
    def ranked(self) -> Ranking | None:
        return self.candidates if self.reranked is None else self.reranked

    @property
    def answerable(self) -> bool:
        """What the case says; a case that does not say has an answer if it has gold or a reference."""
        if self.case.answerable is not None:
            return self.case.answerable
        return bool(self.case.gold or self.case.answers or self.case.expected is not None)

    @property
    def references(self) -> tuple[str, ...]:
        """The right answers: `answers`, else the expected answer."""
        if self.case.answers:
            return self.case.answers
        expected = self.case.expected
        text = expected.get("answer") if isinstance(expected, Mapping) else expected
        return (text,) if isinstance(text, str) else ()

    def spans(self, ids: Sequence[str]) -> list[Span]:
        return chunk_spans(self.units[name] for name in ids)


class Reader(Protocol):
    """Reads what the metrics need of a case. `modes` are those that were run, `correct` what is right."""

    @property
    def modes(self) -> tuple[Mode, ...]: ...

    @property
    def correct(self) -> Correct: ...

    @property
    def blank(self) -> Blank | None:
        """Tells whether a part of a document is white space; None where its text is not known."""
        ...

    def read(self, case: Case, observation: Observation) -> RagCase: ...


class RagCaseReader:
    """Reads observations of a pipeline of ours; the last one is kept, for many metrics read the same."""

    def __init__(
        self,
        section: RagSection,
        documents: Mapping[str, Document],
        gold: Mapping[str, GoldGroups],
        abstain: str = "",
    ) -> None:
        """`abstain` is the pattern that is found in a text answer which abstains; "" where none is."""
        self._section = section
        self.modes, self.correct = section.modes, section.correct
        self._abstains = abstains_where(abstain)
        self.blank: Blank | None = blank_in(documents)
        self._documents = documents
        self._gold = gold
        self._last: tuple[Case, Observation, RagCase] | None = None

    def read(self, case: Case, observation: Observation) -> RagCase:
        last = self._last  # which another thread may replace meanwhile
        if last is None or last[0] is not case or last[1] is not observation:
            last = self._last = (case, observation, self._read(case, observation))
        return last[2]

    def unit(self, name: str) -> Chunk | None:
        """The span of the corpus that an id names: a document, or a chunk of one; None for another id."""
        document = self._documents.get(name)
        if document is not None:
            return Chunk(name, 0, len(document.text), document.text, document.title)
        match = _CHUNK_ID.match(name)
        document = self._documents.get(match[1]) if match else None
        if match is None or document is None:
            return None
        start, end = int(match[2]), int(match[3])
        return Chunk(document.id, start, end, document.text[start:end], document.title)

    def _read(self, case: Case, observation: Observation) -> RagCase:
        details, context = observation.details, observation.context
        ids = observation.ranking.ids if observation.ranking is not None else ()
        units = {name: unit for name in ids if (unit := self.unit(name)) is not None}
        gold = self._gold.get(case.id, ())
        whole = bool(gold) and only_documents(case)
        candidates, reranked = _named(observation.ranking, units), _named(observation.reranked, units)
        last = candidates if reranked is None else reranked
        return RagCase(
            case=case,
            outcome=observation.outcome,
            gold=gold,
            groups=by_documents(gold) if whole else GoldChunks(units.values()).groups(gold),
            candidates=candidates,
            reranked=reranked,
            units={unit.id: unit for unit in units.values()},
            packed=() if context is None else context.kept,
            sizes=tuple(details.get("sizes", ())),
            truncated=tuple(details.get("truncated", ())),
            replies=self._replies(observation),
            top=() if last is None else last.ids[: self._section.k],
            by_document=whole,
            listed=_listed(observation, units),
            k=self._section.k,
            used=0 if context is None else context.tokens,
            budget=None if context is None else context.budget,
        )

    def _replies(self, observation: Observation) -> dict[Mode, ModeReply]:
        details = observation.details
        found: dict[Mode, ModeReply] = {}
        for mode in self._section.generating:
            if mode == details.get("main"):
                raw: Mapping[str, object] = {"outcome": observation.outcome, "output": observation.output}
            else:
                raw = details.get("modes", {}).get(mode, {"outcome": "error", "output": None})
            ids = details.get("contexts", {}).get(mode, ())
            passages = tuple(unit for name in ids if (unit := self.unit(name)) is not None)
            answer = read_answer(raw["output"], self._abstains) if raw["outcome"] == "ok" else None
            found[mode] = ModeReply(str(raw["outcome"]), answer, passages)
        return found


def _listed(observation: Observation, units: Mapping[str, Chunk]) -> dict[Listing, tuple[str, ...]]:
    """The lists of a pipeline by the ids of their units."""
    found: dict[Listing, tuple[str, ...]] = {}
    if observation.ranking is not None:
        found["retrieved"] = _ids(observation.ranking, units)
    if observation.reranked is not None:
        found["reranked"] = _ids(observation.reranked, units)
    if observation.context is not None:
        found["context"] = tuple(chunk.id for chunk in observation.context.kept)
        found["dropped"] = tuple(chunk.id for chunk, _ in observation.context.dropped)
    return found


def _ids(ranking: Ranking, units: Mapping[str, Chunk]) -> tuple[str, ...]:
    return tuple(units[name].id if name in units else "" for name in ranking.ids)


def _named(ranking: Ranking | None, units: Mapping[str, Chunk]) -> Ranking | None:
    """The ranking by the ids of its units; whole documents have the id of their span."""
    if ranking is None:
        return None
    hits = tuple((units[name].id, score) for name, score in ranking.hits if name in units)
    return Ranking(hits, ranking.tied, ranking.duplicates)


def abstains_where(pattern: str) -> Callable[[str], bool] | None:
    """Tells whether a text answer abstains, by a pattern that is found in it; None without one."""
    return (lambda text: search(pattern, text) is not None) if pattern else None


def only_documents(case: Case) -> bool:
    """Whether all gold of a case is whole documents."""
    return not any("quote" in raw or "start" in raw for group in case.gold for raw in group)


def by_documents(gold: GoldGroups) -> list[GoldGroup]:
    """Gold of whole documents as the ranking measures take it; one that is not in the corpus is a miss."""
    found = []
    for group in gold:
        grades: dict[str, int] = {}
        for item in group:
            grades[item.doc] = max(item.grade, grades.get(item.doc, item.grade))
        found.append(GoldGroup.of(grades))
    return found


def gold_spans(gold: GoldGroups) -> list[Span]:
    """Every gold span of every group."""
    return [span for group in spans_of(gold) for span in group]
