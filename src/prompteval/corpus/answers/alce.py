"""ALCE's recall and precision of citations (Gao et al. 2023), by any measure of support.

Recall: the share of sentences that their cited passages support together; a sentence without a citation, or
with one outside the context, counts 0. Precision: the share of citations that are needed. One is needed where
its sentence is supported and either it supports the sentence alone or the others do not without it.
"""

from collections.abc import Callable, Iterator, Sequence
from statistics import fmean

from prompteval.core.retrieval import Chunk
from prompteval.corpus.answers.parsed_answer import ParsedAnswer

# From here on a measure of support counts as yes.
SUPPORTED = 0.5
# How far a sentence is supported by some of its cited passages, by their numbers.
ByNumbers = Callable[[str, tuple[int, ...]], float]


def alce(
    answer: ParsedAnswer, passages: Sequence[Chunk], by: Callable[[str, Sequence[str]], float]
) -> tuple[float, float]:
    """(recall, precision) of an answer; both 0 for one without sentences or without citations."""
    texts = [passage.text for passage in passages]

    def by_number(sentence: str, cited: tuple[int, ...]) -> float:
        return by(sentence, [texts[n - 1] for n in cited])

    return alce_recall(answer, len(texts), by_number), alce_precision(answer, len(texts), by_number)


def alce_recall(answer: ParsedAnswer, count: int, by: ByNumbers) -> float:
    """The share of supported sentences, by the numbers of `count` passages from 1; 0 without sentences."""
    whole = [_is_supported(sentence, cited, count, by) for sentence, cited in answer.sentences]
    return fmean(whole) if whole else 0.0


def alce_precision(answer: ParsedAnswer, count: int, by: ByNumbers) -> float:
    """The share of citations that are needed; 0 without citations."""
    needed: list[bool] = []
    for sentence, cited in answer.sentences:
        supported = _is_supported(sentence, cited, count, by)
        needed += [supported and _is_needed(sentence, cited, place, by) for place in range(len(cited))]
    return fmean(needed) if needed else 0.0


def alce_questions(
    answer: ParsedAnswer, count: int, *, precision: bool
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """What `by` may be asked for the recall or the precision, each once: a sentence with passages."""
    seen = set()
    for sentence, cited in answer.sentences:
        if not _is_inside(cited, count):
            continue
        asked = [cited]
        if precision and len(cited) > 1:
            asked += [one for place in range(len(cited)) for one in _with_and_without(cited, place)]
        for one in asked:
            if (sentence, one) not in seen:
                seen.add((sentence, one))
                yield sentence, one


def _is_supported(sentence: str, cited: tuple[int, ...], count: int, by: ByNumbers) -> bool:
    return _is_inside(cited, count) and by(sentence, cited) >= SUPPORTED


def _is_inside(cited: tuple[int, ...], count: int) -> bool:
    return bool(cited) and all(1 <= n <= count for n in cited)


def _with_and_without(cited: tuple[int, ...], place: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(one of the cited passages, the others)."""
    return cited[place : place + 1], cited[:place] + cited[place + 1 :]


def _is_needed(sentence: str, cited: tuple[int, ...], place: int, by: ByNumbers) -> bool:
    if len(cited) == 1:
        return True
    alone, others = _with_and_without(cited, place)
    return by(sentence, alone) >= SUPPORTED or by(sentence, others) < SUPPORTED
