"""Citations judged as ALCE has them: each sentence of an answer with the passages that it cites."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from prompteval.core.observation import Observation
from prompteval.corpus.answers.alce import alce_precision, alce_questions, alce_recall
from prompteval.corpus.answers.parsed_answer import ParsedAnswer, read_answer
from prompteval.judging.ask import Ask
from prompteval.judging.claims import SUPPORTED, claims_of
from prompteval.judging.inputs import SeenPassage, as_declared, passages_of

Question = tuple[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class CitedAnswer:
    """An answer, its passages, and what a judge is asked for its `recall` or `precision`, the measure.

    Each question is a sentence with all that it cites, by number; for the precision also with each and
    without it.
    """

    parsed: ParsedAnswer
    passages: Sequence[SeenPassage]
    measure: str
    questions: Sequence[Question]

    @classmethod
    def of(cls, observation: Observation, measure: str) -> "CitedAnswer":
        """The answer of an output, which is parsed here."""
        parsed, passages = read_answer(observation.output), passages_of(observation) or ()
        questions = alce_questions(parsed, len(passages), precision=measure == "precision")
        return cls(parsed, passages, measure, tuple(questions))


def citation_asks(fields: type[BaseModel], inputs: Mapping[str, object], answer: CitedAnswer) -> list[Ask]:
    """What a judge is asked, in the order of the questions.

    `inputs` are those of the whole answer: `output` becomes the sentence, and `context` the passages with the
    numbers that they have there.
    """
    declared = fields.model_fields.get("context")
    found = []
    for sentence, cited in answer.questions:
        shown = as_declared(
            "context", declared and declared.annotation, [answer.passages[n - 1].as_json() for n in cited]
        )
        found.append(Ask({**inputs, "output": sentence, "context": shown}, part=_part(sentence, cited)))
    return found


def citation_claims(answer: CitedAnswer, replies: Sequence[Observation]) -> list[list[dict[str, object]]]:
    """The claims of each question, held to the passages that it showed. Raises NoClaims."""
    texts = {one.n: one.text for one in answer.passages}
    return [
        claims_of(reply, {n: texts[n] for n in cited})
        for (_, cited), reply in zip(answer.questions, replies, strict=True)
    ]


def citation_value(
    answer: CitedAnswer, judged: Sequence[Sequence[Mapping[str, object]]]
) -> tuple[float, dict[str, object]]:
    """(recall or precision, the evidence), from the claims of each question.

    A sentence is supported where all of its claims are; one without a claim needs no support.
    """
    claims = dict(zip(answer.questions, judged, strict=True))
    supported = {
        question: float(all(claim["counts_as"] == SUPPORTED for claim in of))
        for question, of in claims.items()
    }
    work = alce_recall if answer.measure == "recall" else alce_precision
    value = work(answer.parsed, len(answer.passages), lambda sentence, cited: supported[sentence, cited])
    evidence: dict[str, object] = {
        "supported": {_part(*question): value for question, value in supported.items()},
        "claims": [{"part": _part(*question), **claim} for question, of in claims.items() for claim in of],
    }
    return value, evidence


def _part(sentence: str, cited: tuple[int, ...]) -> str:
    return f"{sentence} {''.join(f'[{n}]' for n in cited)}"
