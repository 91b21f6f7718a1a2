"""Citations of one answer, scored apart: exists, quote found, right passage, sentence supported.

After ALCE (Gao et al. 2023, Enabling Large Language Models to Generate Text with Citations): a
sentence without a citation, or with one outside the context, has recall 0; an answer without
citations has precision 0.
"""

from collections.abc import Sequence
from statistics import fmean

from prompteval.core.retrieval import Chunk
from prompteval.corpus.answers.parsed_answer import ParsedAnswer
from prompteval.corpus.quote import normalised, shared_characters
from prompteval.metrics.span_index import SpanIndex
from prompteval.metrics.spans import Span
from prompteval.rag.score.overlap import Support

# A quote with at most this share of its characters changed counts as found.
FUZZY = 0.1


def exists(answer: ParsedAnswer, passages: Sequence[Chunk]) -> float | None:
    """The share of citations whose number is one of the context's; None without citations."""
    if not answer.citations:
        return None
    return fmean(1 <= item.n <= len(passages) for item in answer.citations)


def quote_distances(answer: ParsedAnswer, passages: Sequence[Chunk]) -> list[float]:
    """For each quote, 0 where its passage holds it, else the share of it that differs, up to 1."""
    return [
        quote_distance(item.quote, passages[item.n - 1]) if 1 <= item.n <= len(passages) else 1.0
        for item in answer.citations
        if item.quote
    ]


def quote_distance(quote: str, passage: Chunk) -> float:
    """How far a quote is from the words of a passage with its title, after normalisation."""
    text = f"{passage.title}\n{passage.text}"
    wanted = normalised(quote).text
    if not wanted:
        return 1.0
    known = normalised(text).text
    if quote.strip() in text or wanted in known:
        return 0.0
    return 1.0 - shared_characters(known, wanted) / len(wanted)


def right(answer: ParsedAnswer, passages: Sequence[Chunk], gold: Sequence[Span]) -> list[bool]:
    """For each citation, whether its passage is in the context and overlaps a gold span."""
    index = SpanIndex(gold)
    return [_is_right(item.n, passages, index) for item in answer.citations]


def precision(answer: ParsedAnswer, passages: Sequence[Chunk], gold: Sequence[Span]) -> float:
    """Right citations / citations; 0 without any."""
    found = right(answer, passages, gold)
    return fmean(found) if found else 0.0


def recall(answer: ParsedAnswer, passages: Sequence[Chunk], gold: Sequence[Span]) -> float:
    """The share of sentences that cite a right passage and none outside the context."""
    index = SpanIndex(gold)
    whole = [
        all(1 <= n <= len(passages) for n in cited) and any(_is_right(n, passages, index) for n in cited)
        for _, cited in answer.sentences
    ]
    return fmean(whole) if whole else 0.0


def support(answer: ParsedAnswer, passages: Sequence[Chunk], by: Support) -> float:
    """The mean support of the sentences by the passages each cites; 0 for a sentence without any."""
    values = []
    for sentence, cited in answer.sentences:
        known = [passages[n - 1].text for n in cited if 1 <= n <= len(passages)]
        values.append(by(sentence, known) if known and len(known) == len(cited) else 0.0)
    return fmean(values) if values else 0.0


def _is_right(n: int, passages: Sequence[Chunk], gold: SpanIndex) -> bool:
    return 1 <= n <= len(passages) and gold.touches(passages[n - 1].span)
