"""Whether a question failed and why, as a score of its case, with what tables over all cases need."""

from dataclasses import dataclass
from typing import Any

from prompteval.core.case import Case
from prompteval.core.observation import Observation, Score
from prompteval.core.protocols import Scorer
from prompteval.metrics.judged import judge
from prompteval.metrics.ranking import tie_sensitive
from prompteval.metrics.stage_names import ATTRIBUTION, StageMetric
from prompteval.rag.gold import chunk_spans, spans_of
from prompteval.rag.score import citations
from prompteval.rag.score.attribution import MEANING, Reason, lost_at
from prompteval.rag.score.given import Given
from prompteval.rag.score.scorers import answer_value, is_right
from prompteval.rag.score.seen import Reader, Reply, Seen, gold_spans


@dataclass(frozen=True)
class Attribution(Scorer):
    """1 where nothing failed, else 0 with the reason; skipped where there is nothing to fail.

    `ranked` are the ranking metrics of the suite, by which it is told whether tied candidates matter.
    """

    reader: Reader
    ranked: tuple[StageMetric, ...] = ()

    name = ATTRIBUTION
    pace = "short"

    def score(self, case: Case, observation: Observation) -> Score:
        seen = self.reader.read(case, observation)
        asks = "retrieved" in self.reader.section.modes
        if not asks and not seen.gold:
            return Score(self.name, None, status="skipped", reason="the question has no gold")
        if asks and seen.answerable and not seen.references:
            return Score(self.name, None, status="skipped", reason="the case has no answers to compare with")
        reason = self._reason(seen, asks=asks)
        evidence = self._evidence(seen, reason)
        if reason is None:
            return Score(self.name, 1.0, evidence=evidence, passed=True)
        told = f"{reason}: {MEANING[reason]}"
        return Score(self.name, 0.0, reason=told, evidence=evidence, passed=False)

    def _evidence(self, seen: Seen, reason: Reason | None) -> dict[str, Any]:
        """What tables over all questions are made from; `truncated` are gold chunks the encoder cut."""
        correct = self.reader.section.correct
        right = {
            mode: float(reply.given is not None and is_right(seen, reply.given, correct))
            for mode, reply in seen.replies.items()
        }
        main = seen.replies.get("retrieved")
        found: dict[str, Any] = {"answerable": seen.answerable, "gold": bool(seen.gold), "right": right}
        if main is not None:
            found["abstained"] = main.abstained
        if reason is not None:
            found["reason"] = reason
        if self._ties_matter(seen):
            found["ties"] = True
        return {**found, "truncated": list(seen.truncated)} if seen.truncated else found

    def _ties_matter(self, seen: Seen) -> bool:
        """Whether a ranking metric differs between the best and the worst order of tied candidates."""
        for metric in self.ranked:
            ranking = seen.judged(metric.stage)
            if metric.ranking is None or ranking is None or not ranking.tied or not seen.gold:
                continue
            if tie_sensitive(judge([ranking], [seen.groups]), [metric.ranking])[0]:
                return True
        return False

    def _reason(self, seen: Seen, *, asks: bool) -> Reason | None:
        if seen.outcome == "error":
            return "error"
        lost = self._lost(seen)
        if not asks:
            return lost
        reply = seen.replies["retrieved"]
        given = reply.given
        if not seen.answerable:
            silent = given is not None and answer_value(seen, given, "em") == 1.0
            return None if silent else "unattributed" if given is None else "false_answer"
        answered = given is not None and not given.abstained
        if given is not None and answered and is_right(seen, given, self.reader.section.correct):
            wrong = given.carries and seen.gold and not _well_cited(given, reply, seen)
            return (lost or "grounding_miss") if wrong else None
        if not seen.gold:
            return "unattributed"
        if lost is not None:
            return lost
        return "false_abstention" if reply.abstained else "generation_miss"

    def _lost(self, seen: Seen) -> Reason | None:
        if seen.candidates is None or seen.ranked is None:
            return lost_at(spans_of(seen.gold), (), (), ())
        top = seen.spans(seen.ranked.ids[: self.reader.section.k])
        candidates, packed = seen.spans(seen.candidates.ids), chunk_spans(seen.packed)
        return lost_at(spans_of(seen.gold), candidates, top, packed, self.reader.blank)


def _well_cited(given: Given, reply: Reply, seen: Seen) -> bool:
    """At least one citation is right, and none is outside the context."""
    inside = all(1 <= item.n <= len(reply.passages) for item in given.citations)
    return inside and any(citations.right(given, reply.passages, gold_spans(seen.gold)))
