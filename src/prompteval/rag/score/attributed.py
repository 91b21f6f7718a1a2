"""ALCE's recall and precision of citations (Gao et al. 2023), by any measure of support.

Recall: the share of sentences that their cited passages support together; a sentence without a citation, or
with one outside the context, counts 0. Precision: the share of citations that are needed. One is needed where
its sentence is supported and either it supports the sentence alone or the others do not without it.
"""

from collections.abc import Sequence
from statistics import fmean

from prompteval.core.retrieval import Chunk
from prompteval.rag.score.figures import without_source
from prompteval.rag.score.overlap import Support
from prompteval.rag.score.parsed_answer import ParsedAnswer

# From here on a measure of support counts as yes.
SUPPORTED = 0.5


def alce(answer: ParsedAnswer, passages: Sequence[Chunk], by: Support) -> tuple[float, float]:
    """(recall, precision) of an answer; both 0 for one without sentences or without citations."""
    whole: list[float] = []
    needed: list[float] = []
    for sentence, cited in answer.sentences:
        texts = [passages[n - 1].text for n in cited if 1 <= n <= len(passages)]
        inside = bool(texts) and len(texts) == len(cited)
        supported = inside and _supports(sentence, texts, by)
        whole.append(float(supported))
        for place in range(len(cited)):
            needed.append(float(supported and _is_needed(sentence, texts, place, by)))
    return fmean(whole) if whole else 0.0, fmean(needed) if needed else 0.0


def figures_held(claim: str, evidence: Sequence[str]) -> float:
    """A Support: 1 where the evidence holds every figure of the claim, also where the claim has none."""
    return float(not without_source(claim, evidence)[1])


def _is_needed(sentence: str, texts: Sequence[str], place: int, by: Support) -> bool:
    if len(texts) == 1 or _supports(sentence, [texts[place]], by):
        return True
    return not _supports(sentence, [*texts[:place], *texts[place + 1 :]], by)


def _supports(sentence: str, texts: Sequence[str], by: Support) -> bool:
    return by(sentence, texts) >= SUPPORTED
