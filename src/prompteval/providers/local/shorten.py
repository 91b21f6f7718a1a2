"""The part of a sentence that may answer a question: what it says and the question does not.

Rules and no reading. The sentence is cut at commas, brackets and every word of the question; of the
parts that are left, one with a number is taken where the question asks for a number or a time, one
with a name where it asks who, else the one with the most content words.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:[.,:'’-][^\W_]+)*%?")
_BREAK = re.compile(r"[;:()|–—]|,\s")
_ASKS_NUMBER = re.compile(
    r"\bhow (?:many|much|long|often|old|far|soon|big|large|high|late|early)\b|\bwhen\b|\bwithin how\b"
    r"|\b(?:what|which) (?:percentage|share|year|date|day|month|time|number|amount)\b"
)
_ASKS_WHO = re.compile(r"\bwho(?:se|m)?\b")
_NUMBER_WORDS = """
one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty ninety hundred
half once twice first second third no none
"""
_SMALL_WORDS = """
a an the of to in on at by for from with and or is are was were be been it its this that these those as not do
does did has have had can may must will would should there their they he she his her who which what when where
how than then so if but into over under per about up out also only all any each every most more since
"""
_NUMBERS, _SMALL = frozenset(_NUMBER_WORDS.split()), frozenset(_SMALL_WORDS.split())
_ENDINGS = ("ing", "ies", "es", "ed", "s")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a sentence with its place."""

    text: str
    start: int
    end: int

    @property
    def small(self) -> bool:
        return self.text.lower() in _SMALL

    @property
    def number(self) -> bool:
        return any(character.isdigit() for character in self.text) or self.text.lower() in _NUMBERS


def shorten(question: str, sentence: str) -> str:
    """The part that may answer; the sentence itself where the question says all of it."""
    parts = list(_parts(question, sentence))
    if not parts:
        return sentence
    asked = question.lower()
    if _ASKS_NUMBER.search(asked):
        numbered = next((part for part in parts if any(word.number for word in part)), None)
        if numbered is not None:
            return _between(sentence, _number(numbered))
    if _ASKS_WHO.search(asked):
        named = next((found for part in parts if (found := _name(part))), None)
        if named is not None:
            return _between(sentence, named)
    return _between(sentence, max(parts, key=lambda part: sum(not word.small for word in part)))


def _parts(question: str, sentence: str) -> Iterator[list[Word]]:
    """Runs of words that the question does not have, without small words at their ends."""
    known = {_stem(match[0]) for match in _WORD.finditer(question)}
    run: list[Word] = []
    end = 0
    for match in _WORD.finditer(sentence):
        if _BREAK.search(sentence, end, match.start()):
            yield from _trimmed(run)
            run = []
        end = match.end()
        if _stem(match[0]) in known:
            yield from _trimmed(run)
            run = []
        else:
            run.append(Word(match[0], match.start(), match.end()))
    yield from _trimmed(run)


def _trimmed(run: Sequence[Word]) -> Iterator[list[Word]]:
    content = [place for place, word in enumerate(run) if not word.small]
    if content:
        yield list(run[content[0] : content[-1] + 1])


def _number(part: Sequence[Word]) -> Sequence[Word]:
    """From the first number to the last, with the word behind it."""
    places = [place for place, word in enumerate(part) if word.number]
    behind = places[-1] + 1
    with_unit = behind < len(part) and not part[behind].small
    return part[places[0] : behind + with_unit]


def _name(part: Sequence[Word]) -> Sequence[Word]:
    """The first run of capital letters; a sentence's own first word has one too, and does not count."""
    capital = [word.text[0].isupper() and word.start > 0 for word in part]
    if True not in capital:
        return ()
    start = capital.index(True)
    end = next((place for place in range(start, len(part)) if not capital[place]), len(part))
    return part[start:end]


def _between(sentence: str, words: Sequence[Word]) -> str:
    return sentence[words[0].start : words[-1].end]


def _stem(word: str) -> str:
    """A crude stem: enough to see `cards` in `card`."""
    lowered = word.lower()
    ending = next((end for end in _ENDINGS if lowered.endswith(end) and len(lowered) - len(end) >= 3), "")
    return lowered.removesuffix(ending)
