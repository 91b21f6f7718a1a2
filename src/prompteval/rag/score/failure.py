"""Whether a question failed and why, as a score of its case, with what tables over all cases need."""

from dataclasses import dataclass

from prompteval.core.attribution import MEANING, Reason
from prompteval.core.case import Case
from prompteval.core.observation import Observation, Score
from prompteval.core.protocols import Scorer
from prompteval.corpus.answers.parsed_answer import ParsedAnswer
from prompteval.metrics.judged import judge
from prompteval.metrics.ranking import tie_sensitive
from prompteval.metrics.stage_names import ATTRIBUTION, StageMetric
from prompteval.rag.gold import spans_of
from prompteval.rag.score import citations
from prompteval.rag.score.attribution import lost_at
from prompteval.rag.score.gold_places import places, stages_reached
from prompteval.rag.score.rag_case import ModeReply, RagCase, Reader, gold_spans
from prompteval.rag.score.scorers import answer_value, is_right


@dataclass(frozen=True)
class Attribution(Scorer):
    """1 where nothing failed, else 0 with the reason; skipped where there is nothing to fail.

    `ranked` are the ranking metrics of the suite, which decide whether tied candidates matter.
    """

    reader: Reader
    ranked: tuple[StageMetric, ...] = ()

    name = ATTRIBUTION
    pace = "short"

    def score(self, case: Case, observation: Observation) -> Score:
        rag_case = self.reader.read(case, observation)
        asks = "retrieved" in self.reader.modes
        if not asks and not rag_case.gold:
            return self._skipped(rag_case, "the question has no gold")
        if asks and rag_case.answerable and not rag_case.references:
            return self._skipped(rag_case, "the case has no answers to compare with")
        reason = self._reason(rag_case, asks=asks)
        evidence = self._evidence(rag_case, reason)
        if reason is None:
            return Score(self.name, 1.0, evidence=evidence, passed=True)
        message = f"{reason}: {MEANING[reason]}"
        return Score(self.name, 0.0, reason=message, evidence=evidence, passed=False)

    def _skipped(self, rag_case: RagCase, reason: str) -> Score:
        evidence = {"places": places(rag_case, self.reader.blank).as_json()}
        return Score(self.name, None, status="skipped", reason=reason, evidence=evidence)

    def _evidence(self, rag_case: RagCase, reason: Reason | None) -> dict[str, object]:
        """What tables over all questions, and the advice on one, are made from.

        `truncated` are the gold chunks that the encoder cut.
        """
        correct = self.reader.correct
        right = {
            mode: float(reply.answer is not None and is_right(rag_case, reply.answer, correct))
            for mode, reply in rag_case.replies.items()
        }
        main = rag_case.replies.get("retrieved")
        found: dict[str, object] = {
            "answerable": rag_case.answerable,
            "gold": bool(rag_case.gold),
            "right": right,
            "places": places(rag_case, self.reader.blank).as_json(),
        }
        if main is not None:
            found["abstained"] = main.abstained
            found["may_abstain"] = main.answer is not None and main.answer.may_abstain
        if reason is not None:
            found["reason"] = reason
        if self._ties_matter(rag_case):
            found["ties"] = True
        return {**found, "truncated": list(rag_case.truncated)} if rag_case.truncated else found

    def _ties_matter(self, rag_case: RagCase) -> bool:
        """Whether a ranking metric differs between the best and the worst order of tied candidates."""
        for metric in self.ranked:
            ranking = rag_case.judged(metric.stage)
            if metric.ranking is None or ranking is None or not ranking.tied or not rag_case.gold:
                continue
            if tie_sensitive(judge([ranking], [rag_case.groups]), [metric.ranking])[0]:
                return True
        return False

    def _reason(self, rag_case: RagCase, *, asks: bool) -> Reason | None:
        if rag_case.outcome == "error":
            return "error"
        lost = self._lost(rag_case)
        if not asks:
            return lost
        reply = rag_case.replies["retrieved"]
        answer = reply.answer
        if not rag_case.answerable:
            silent = answer is not None and (
                answer.abstained if answer.may_abstain else answer_value(rag_case, answer, "em") == 1.0
            )
            return None if silent else "unattributed" if answer is None else "false_answer"
        answered = answer is not None and not answer.abstained
        if answer is not None and answered and is_right(rag_case, answer, self.reader.correct):
            wrong = answer.carries and rag_case.gold and not _well_cited(answer, reply, rag_case)
            return (lost or "grounding_miss") if wrong else None
        if not rag_case.gold:
            return "unattributed"
        if lost is not None:
            return lost
        return "false_abstention" if reply.abstained else "generation_miss"

    def _lost(self, rag_case: RagCase) -> Reason | None:
        if not rag_case.listed:  # the system does not say what it found
            return "unattributed"
        return lost_at(spans_of(rag_case.gold), *stages_reached(rag_case), self.reader.blank)


def _well_cited(answer: ParsedAnswer, reply: ModeReply, rag_case: RagCase) -> bool:
    """At least one citation is right, and none is outside the context."""
    inside = all(1 <= item.n <= len(reply.passages) for item in answer.citations)
    return inside and any(citations.right(answer, reply.passages, gold_spans(rag_case.gold)))
