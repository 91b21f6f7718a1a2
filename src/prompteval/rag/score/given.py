"""What a model answered: the words, the passages it cites, whether it abstained."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prompteval.core.sentences import split_sentences

# "… ends here. [2] The next": the mark is moved before the end mark.
_BEHIND = re.compile(r"((?<![.!?])[.!?]++)((?:\s*+\[\d[\d,; ]*+\])++)")
_MARK = re.compile(r"\[(\d{1,6}(?:\s*+[,;]\s*+\d{1,6})*)\]")
_MARK_WITH_SPACE = re.compile(r"(?:(?<![ \t])[ \t]++)?" + _MARK.pattern)


@dataclass(frozen=True, slots=True)
class Cited:
    """A cited passage by its number, with the quote where there is one."""

    n: int
    quote: str | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as it is scored: `text` without marks.

    `sentences` pairs each sentence with the numbers it cites. A typed answer's citations stand for
    every sentence that carries no mark of its own. `carries` says that the output can cite at all.
    """

    text: str
    citations: tuple[Cited, ...] = ()
    abstained: bool = False
    sentences: tuple[tuple[str, tuple[int, ...]], ...] = ()
    carries: bool = True


def read_answer(output: Any) -> Given:
    """An `Answer`, or a text with `[n]` marks; another output counts as its text without citations."""
    if isinstance(output, Mapping):
        text = output.get("answer")
        listed = tuple(
            Cited(int(item["n"]), item.get("quote"))
            for item in output.get("citations") or ()
            if isinstance(item, Mapping) and isinstance(item.get("n"), int)
        )
        raw = text if isinstance(text, str) else ""
        return _given(raw, listed, bool(output.get("abstain")), "citations" in output)
    return _given(output if isinstance(output, str) else str(output), (), False, False)


def without_marks(text: str) -> str:
    """The text without its `[n]` marks and the space before them."""
    return _MARK_WITH_SPACE.sub("", text).strip()


def _given(text: str, listed: tuple[Cited, ...], abstained: bool, typed: bool) -> Given:
    everywhere = tuple(dict.fromkeys(item.n for item in listed))
    sentences = tuple(
        (plain, marks(sentence) or everywhere)
        for sentence in _split(text)
        if (plain := without_marks(sentence)).strip(" .,;:!?")
    )
    known = {item.n for item in listed}
    marked = tuple(Cited(n) for n in marks(text) if n not in known)
    return Given(without_marks(text), (*listed, *marked), abstained, sentences, typed or bool(marked))


def marks(text: str) -> tuple[int, ...]:
    """The numbers in `[n]` and `[n, m]` marks, each once, in their order."""
    found = (int(number) for match in _MARK.finditer(text) for number in re.findall(r"\d+", match[1]))
    return tuple(dict.fromkeys(found))


def _split(text: str) -> list[str]:
    """Sentences; a mark behind an end mark belongs to the sentence before it."""
    return split_sentences(_BEHIND.sub(r"\2\1", text))
