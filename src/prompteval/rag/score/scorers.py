"""The metrics of a retrieval pipeline as scorers: one score a case each, from what was stored."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from prompteval.core.case import Case
from prompteval.core.observation import Observation, Score, Stage
from prompteval.core.protocols import Embedder, Scorer
from prompteval.corpus.answers.alce import alce
from prompteval.corpus.answers.parsed_answer import ParsedAnswer
from prompteval.metrics.ranking import of_one
from prompteval.metrics.spans import span_scores, united
from prompteval.metrics.squad import exact_match, token_f1
from prompteval.metrics.stage_names import StageMetric
from prompteval.rag.gold import spans_of
from prompteval.rag.pack import fitting
from prompteval.rag.score import citations
from prompteval.rag.score.figures import figures_held, without_source
from prompteval.rag.score.overlap import Support, closeness, content_overlap, supported
from prompteval.rag.score.rag_case import ModeReply, RagCase, Reader, gold_spans
from prompteval.workspace.rag_section import Mode

# A right answer by F1, where the suite asks for it (conventions: F1 from one half).
RIGHT_F1 = 0.5
# They read whether the answer abstained.
NEED_ABSTENTION = ("abstention", "false_answers", "false_abstentions")


@dataclass(frozen=True)
class StageScorer(Scorer):
    """One metric of a stage; its name is the metric's text."""

    metric: StageMetric
    reader: Reader
    embedder: Embedder | None = None
    entailment: Support | None = None

    decides = False
    pace = "short"

    @property
    def name(self) -> str:  # type: ignore[override]
        return str(self.metric)

    def score(self, case: Case, observation: Observation) -> Score:
        rag_case = self.reader.read(case, observation)
        if self.metric.stage in rag_case.missing:
            reason = rag_case.missing[self.metric.stage]
            return Score(self.name, None, status="failed", stage="end_to_end", reason=reason)
        if self.metric.ranking is not None:
            return self._ranking(rag_case)
        if self.metric.stage == "context":
            return self._context(rag_case)
        reply = rag_case.replies[self._mode]
        return _ANSWERS[self.metric.stage](self, rag_case, reply)

    @property
    def _mode(self) -> Mode:
        return self.metric.mode or "retrieved"  # type: ignore[return-value]

    def _ranking(self, rag_case: RagCase) -> Score:
        ranking = rag_case.judged(self.metric.stage)
        if not rag_case.gold:
            return self.skipped("the question has no gold", "retrieval")
        if ranking is None or self.metric.ranking is None:
            return self.valued(0.0, "retrieval", "nothing was retrieved: the stage failed")
        value = of_one(ranking, rag_case.groups, self.metric.ranking)
        if value is None:
            return self.skipped("no gold is relevant", "retrieval")
        return self.valued(value, "retrieval")

    def _context(self, rag_case: RagCase) -> Score:
        if not rag_case.gold:
            return self.skipped("the question has no gold", "packing")
        if rag_case.ranked is None:
            return self.valued(0.0, "packing", "nothing was retrieved: the stage failed")
        kept = rag_case.ranked.ids[: fitting(rag_case.sizes, self.metric.tokens or 0)]
        scores = span_scores(spans_of(rag_case.gold), united(rag_case.spans(kept), self.reader.blank))
        if scores is None:
            return self.skipped("the gold has no text", "packing")
        message = "not even the first chunk fits" if rag_case.sizes and not kept else ""
        return self.valued(getattr(scores, self.metric.measure), "packing", message)

    def generation(self, rag_case: RagCase, reply: ModeReply) -> Score:
        measure = self.metric.measure
        if measure == "false_answers" and rag_case.answerable:
            return self.skipped("the question has an answer")
        if measure == "false_abstentions" and not rag_case.answerable:
            return self.skipped("the question has no answer")
        if rag_case.answerable and not rag_case.references and measure not in ("false_abstentions",):
            return self.skipped("the case has no answers to compare with")
        if reply.answer is None:
            worst = 1.0 if measure in ("false_answers", "false_abstentions") else self.metric.low
            return self.valued(worst, "generation", f"the output is {reply.outcome}")
        if measure in NEED_ABSTENTION and not reply.answer.may_abstain:
            reason = (
                "the output does not say whether it abstains; return 'abstain', or give the suite `abstain:`"
            )
            return Score(self.name, None, "skipped", "generation", reason, {"absent": "abstain"})
        if measure in ("false_answers", "false_abstentions"):
            return self.valued(float(reply.abstained == (measure == "false_abstentions")), "generation")
        if measure == "abstention":
            return self.valued(self._abstention(rag_case, reply.answer), "generation")
        if measure == "correct":
            return self.valued(float(is_right(rag_case, reply.answer, self.reader.correct)), "generation")
        return self.valued(answer_value(rag_case, reply.answer, measure), "generation")

    def _abstention(self, rag_case: RagCase, answer: ParsedAnswer) -> float:
        """Right 1, abstained 0 or, without an answer to give, 1; wrong minus lambda.

        An empty text does not abstain where the output could have said so.
        """
        if answer.abstained:
            return float(not rag_case.answerable)
        if not rag_case.answerable:
            return -self.metric.weight
        return 1.0 if is_right(rag_case, answer, self.reader.correct) else -self.metric.weight

    def citations(self, rag_case: RagCase, reply: ModeReply) -> Score:
        measure = self.metric.measure
        if reply.answer is None:
            return self.valued(0.0, "generation", f"the output is {reply.outcome}")
        if reply.abstained:
            return self.skipped("it abstained")
        if measure == "support":
            return self.valued(citations.support(reply.answer, reply.passages, content_overlap), "generation")
        asked, _, by = measure.partition("_")
        if by:
            recall, precision = alce(reply.answer, reply.passages, self._support(by))
            return self.valued(recall if asked == "recall" else precision, "generation")
        if measure == "exists":
            found = citations.exists(reply.answer, reply.passages)
            return self.skipped("nothing is cited") if found is None else self.valued(found, "generation")
        if measure == "quote":
            distances = citations.quote_distances(reply.answer, reply.passages)
            if not distances:
                return self.skipped("nothing is quoted")
            share = sum(distance <= citations.FUZZY for distance in distances) / len(distances)
            return Score(self.name, share, stage="generation", evidence={"distances": distances})
        gold = gold_spans(rag_case.gold)
        if not gold:
            return self.skipped("the question has no gold")
        work = citations.precision if measure == "precision" else citations.recall
        return self.valued(work(reply.answer, reply.passages, gold), "generation")

    def grounding(self, rag_case: RagCase, reply: ModeReply) -> Score:
        if reply.answer is None:
            return self.valued(0.0, "generation", f"the output is {reply.outcome}")
        if reply.abstained:
            return self.skipped("it abstained")
        texts = [passage.text for passage in reply.passages]
        if self.metric.measure == "figures":
            return self._figures(reply.answer, texts)
        value = supported(
            [(sentence, texts) for sentence, _ in reply.answer.sentences], self._support(self.metric.measure)
        )
        if value is None:
            return self.skipped("the answer has no sentence")
        return self.valued(value, "generation")

    def _figures(self, answer: ParsedAnswer, texts: Sequence[str]) -> Score:
        sentences = "\n".join(sentence for sentence, _ in answer.sentences)
        wanted, lacking = without_source(sentences, texts)
        if not wanted:
            return self.skipped("the answer has no figure")
        evidence = {"figures": len(wanted), "without_source": [one.text for one in lacking]}
        reason = f"in no passage: {', '.join(one.text for one in lacking[:5])}" if lacking else ""
        value = 1.0 - len(lacking) / len(wanted)
        return Score(self.name, value, stage="generation", reason=reason, evidence=evidence)

    def _support(self, by: str) -> Support:
        if by == "lexical":
            return content_overlap
        if by == "figures":
            return figures_held
        if by == "entailment" and self.entailment is not None:
            return self.entailment
        assert self.embedder is not None  # given to every scorer of this kind
        return closeness(self.embedder)

    def valued(self, value: float, stage: Stage, reason: str = "") -> Score:
        return Score(self.name, float(value), stage=stage, reason=reason, low=self.metric.low)

    def skipped(self, reason: str, stage: Stage = "generation") -> Score:
        return Score(self.name, None, status="skipped", stage=stage, reason=reason)


_ANSWERS: Mapping[str, Callable[[StageScorer, RagCase, ModeReply], Score]] = {
    "generation": StageScorer.generation,
    "citations": StageScorer.citations,
    "grounding": StageScorer.grounding,
}


def is_right(rag_case: RagCase, answer: ParsedAnswer, correct: str) -> bool:
    """Whether an answer counts as right: by EM, or by F1 from one half as well."""
    if answer_value(rag_case, answer, "em") == 1.0:
        return True
    return correct == "f1" and answer_value(rag_case, answer, "f1") >= RIGHT_F1


def answer_value(rag_case: RagCase, answer: ParsedAnswer, measure: str) -> float:
    """EM or F1; where there is no answer, 1 for abstaining or saying nothing, else 0."""
    if not rag_case.answerable:
        return float(answer.abstained or exact_match(answer.text, ()) == 1.0)
    if answer.abstained:
        return 0.0
    return (
        exact_match(answer.text, rag_case.references)
        if measure == "em"
        else token_f1(answer.text, rag_case.references)
    )
