"""Few-shot examples that are also test cases: an evaluation that has seen its answers."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise

from prompteval.core.case import Case
from prompteval.core.unicode import nfkc
from prompteval.prompt.messages import Part
from prompteval.prompt.prompt import Prompt

NEAR = 0.8
# Scripts that write no space between words: Thai, kana, ideographs. A character counts as a word there.
_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"


@cache
def _word() -> re.Pattern[str]:
    return re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")


class Examples:
    """The few-shot questions of a prompt, ready to be looked up by their words."""

    def __init__(self, prompt: Prompt) -> None:
        self._texts = [(part, frozenset(word_list(part.text))) for part in _questions(prompt.messages)]
        self._by_word: dict[str, list[int]] = {}
        for index, (_, found) in enumerate(self._texts):
            for word in found:
                self._by_word.setdefault(word, []).append(index)

    def __bool__(self) -> bool:
        return bool(self._texts)

    def match(self, case: Case) -> tuple[Part, float] | None:
        """The example most like one of the case's text inputs, from a word-set Jaccard of NEAR up."""
        best: tuple[Part, float] | None = None
        for text in _texts(case.inputs):
            found = set(word_list(text))
            shared = Counter(index for word in found for index in self._by_word.get(word, ()))
            for index, count in shared.items():
                part, own = self._texts[index]
                likeness = count / (len(found) + len(own) - count)
                if likeness >= NEAR and (best is None or likeness > best[1]):
                    best = (part, likeness)
        return best


def word_list(text: str) -> list[str]:
    """Case-folded words; full-width and other compatible forms of a letter are that letter (NFKC)."""
    return _word().findall(nfkc(text).casefold())


def _questions(messages: Sequence[object]) -> list[Part]:
    """User messages that an assistant message follows."""
    return [
        asked
        for asked, answered in pairwise(messages)
        if isinstance(asked, Part) and isinstance(answered, Part)
        and (asked.role, answered.role) == ("user", "assistant") and "{{" not in asked.text
    ]  # fmt: skip


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in _texts(item)]
    return [text for item in value for text in _texts(item)] if isinstance(value, list) else []
