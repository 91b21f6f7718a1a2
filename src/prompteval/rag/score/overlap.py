"""How far a text rests on others: shared content words, or closeness in meaning, sentence by sentence."""

from collections.abc import Callable, Iterable, Sequence
from statistics import fmean

from prompteval.core.protocols import Embedder
from prompteval.core.sentences import split_sentences
from prompteval.core.word_splitting import words_like

_STOP = """
a an and are as at be but by for if in into is it no not of on or such that the their then there these they
this to was will with he she his her its from has have had were been which who also
"""
STOP_WORDS = frozenset(_STOP.split())
# Of one claim by its evidence, 0 to 1.
Support = Callable[[str, Sequence[str]], float]


def content_overlap(claim: str, evidence: Sequence[str]) -> float:
    """The share of the claim's content words that stand anywhere in the evidence, repeats counted.

    Words are those of `core.words.words_like` without 47 English stop words; a claim without any has 1.
    It does not see negation, word order or a number in the wrong place.
    """
    words_of = words_like(claim)
    words = [word for word in words_of(claim) if word not in STOP_WORDS]
    if not words:
        return 1.0
    known = {word for text in evidence for word in words_of(text)}
    return sum(word in known for word in words) / len(words)


def closeness(embedder: Embedder) -> Support:
    """The greatest cosine similarity of the claim with a sentence of the evidence, negative ones as 0."""

    def support(claim: str, evidence: Sequence[str]) -> float:
        sentences = [sentence for text in evidence for sentence in split_sentences(text)]
        if not sentences:
            return 0.0
        vectors, _ = embedder.embed([claim, *sentences])
        return min(max(float((vectors[1:] @ vectors[0]).max()), 0.0), 1.0)

    return support


def supported(claims: Iterable[tuple[str, Sequence[str]]], support: Support) -> float | None:
    """The mean support over (claim, its evidence); None without a claim."""
    values = [support(claim, evidence) if evidence else 0.0 for claim, evidence in claims]
    return fmean(values) if values else None
