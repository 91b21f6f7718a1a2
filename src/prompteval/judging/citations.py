"""Citations judged as ALCE has them: each sentence of an answer with the passages that it cites."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from prompteval.core.observation import Observation
from prompteval.corpus.answers.alce import alce_precision, alce_questions, alce_recall
from prompteval.corpus.answers.parsed_answer import read_answer
from prompteval.judging.ask import Ask
from prompteval.judging.claims import SUPPORTED, claims_of
from prompteval.judging.inputs import as_declared, passages_of


def citation_questions(observation: Observation, measure: str) -> list[tuple[str, tuple[int, ...]]]:
    """Each sentence with all that it cites, by number; for the precision also with each and without it."""
    count = len(passages_of(observation) or ())
    return list(alce_questions(read_answer(observation.output), count, precision=measure == "precision"))


def citation_asks(
    fields: type[BaseModel], inputs: Mapping[str, object], observation: Observation, measure: str
) -> list[Ask]:
    """What a judge is asked for the recall or the precision, in the order of the questions.

    `inputs` are those of the whole answer: `output` becomes the sentence, and `context` the passages with the
    numbers that they have there.
    """
    passages = passages_of(observation) or ()
    declared = fields.model_fields.get("context")
    found = []
    for sentence, cited in citation_questions(observation, measure):
        shown = as_declared(
            "context", declared and declared.annotation, [passages[n - 1].as_json() for n in cited]
        )
        found.append(Ask({**inputs, "output": sentence, "context": shown}, part=_part(sentence, cited)))
    return found


def citation_claims(
    observation: Observation, answers: Sequence[Observation], measure: str
) -> list[list[dict[str, object]]]:
    """The claims of each question, held to the passages that it showed. Raises NoClaims."""
    texts = {one.n: one.text for one in passages_of(observation) or ()}
    return [
        claims_of(answer, {n: texts[n] for n in cited})
        for (_, cited), answer in zip(citation_questions(observation, measure), answers, strict=True)
    ]


def citation_value(
    observation: Observation, judged: Sequence[Sequence[Mapping[str, object]]], measure: str
) -> tuple[float, dict[str, object]]:
    """(recall or precision, the evidence), from the claims of each question.

    A sentence is supported where all of its claims are; one without a claim needs no support.
    """
    claims = dict(zip(citation_questions(observation, measure), judged, strict=True))
    supported = {
        question: float(all(claim["counts_as"] == SUPPORTED for claim in of))
        for question, of in claims.items()
    }
    count = len(passages_of(observation) or ())
    work = alce_recall if measure == "recall" else alce_precision
    value = work(read_answer(observation.output), count, lambda sentence, cited: supported[sentence, cited])
    evidence: dict[str, object] = {
        "supported": {_part(*question): value for question, value in supported.items()},
        "claims": [{"part": _part(*question), **claim} for question, of in claims.items() for claim in of],
    }
    return value, evidence


def _part(sentence: str, cited: tuple[int, ...]) -> str:
    return f"{sentence} {''.join(f'[{n}]' for n in cited)}"
