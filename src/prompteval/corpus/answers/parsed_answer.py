"""What a model answered: the words, the passages it cites, whether it abstained."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from prompteval.core.citation_marks import Marked, find_marks
from prompteval.core.sentences import sentence_starts

_M = "[\U000f0000-\U000fea60]"
# "… ends here. [2] The next": the mark is moved before the end mark; at the start of a line it stays.
_BEHIND = re.compile(rf"((?:(?<![.!?…])[.!?…]++|[。！？])[\"'”’»」』]*+)((?:[^\S\n]*+{_M})++)")
_MARK_WITH_SPACE = re.compile(rf"(?:(?<![ \t])[ \t]++)?{_M}")
# "Two reasons:" before a list is not a statement of its own.
_LEADS_IN = re.compile(r"[:：]\s*\Z")


@dataclass(frozen=True, slots=True)
class Cited:
    """A cited passage by its number, with the quote where there is one."""

    n: int
    quote: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedAnswer:
    """An answer as it is scored: `text` without marks.

    `sentences` pairs each sentence with the numbers it cites. A typed answer's citations stand for
    every sentence that carries no mark of its own. `carries` says that the output can cite at all,
    `may_abstain` that it can say so.
    """

    text: str
    citations: tuple[Cited, ...] = ()
    abstained: bool = False
    sentences: tuple[tuple[str, tuple[int, ...]], ...] = ()
    carries: bool = True
    may_abstain: bool = True


def read_answer(output: object, abstains: Callable[[str], bool] | None = None) -> ParsedAnswer:
    """An `Answer`, or a text with marks; another output counts as its text without citations.

    The brackets of an `Answer` are text, since its citations have a field of their own; a sentence of
    it that names some of the cited passages in marks rests on those. A text abstains where `abstains`
    says so.
    """
    if isinstance(output, Mapping):
        text = output.get("answer")
        listed = tuple(
            Cited(int(item["n"]), item.get("quote"))
            for item in output.get("citations") or ()
            if isinstance(item, Mapping) and isinstance(item.get("n"), int)
        )
        raw = text if isinstance(text, str) else ""
        known = tuple(dict.fromkeys(item.n for item in listed))
        sentences = _sentences(find_marks(raw), known, known)
        return ParsedAnswer(
            raw.strip(),
            listed,
            bool(output.get("abstain")),
            sentences,
            "citations" in output,
            "abstain" in output,
        )
    text = output if isinstance(output, str) else str(output)
    marked = find_marks(text)
    plain = without_marks(marked.text)
    if not plain.strip(" .,;:!?"):  # nothing but a mark: it is the answer
        marked, plain = Marked(text, ()), text.strip()
    cited = tuple(Cited(n) for n in marked.of(marked.text))
    abstained = abstains is not None and abstains(plain)
    sentences = _sentences(marked, (), None)
    return ParsedAnswer(plain, cited, abstained, sentences, bool(cited), abstains is not None)


def without_marks(text: str) -> str:
    """The text without the characters that stand for marks, and the space before them."""
    return _MARK_WITH_SPACE.sub("", text).strip()


def _sentences(
    marked: Marked, everywhere: tuple[int, ...], known: tuple[int, ...] | None
) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Each sentence with what it cites. Marks that name another passage than the `known` are not marks."""
    found = []
    for sentence in _split(_BEHIND.sub(r"\2\1", marked.text)):
        plain, cited = without_marks(sentence), marked.of(sentence)
        if known is not None and not set(cited) <= set(known):
            cited = ()
        if plain.strip(" .,;:!?。！？"):
            found.append((plain, cited or everywhere))
    return tuple(found)


def _split(text: str) -> list[str]:
    """Sentences; what leads into a list belongs to its first item."""
    edges = [0]
    for place in sentence_starts(text, 0, len(text)):
        if not _LEADS_IN.search(text, max(edges[-1], place - 80), place):
            edges.append(place)
    return [text[left:right].strip() for left, right in pairwise([*edges, len(text)])]
