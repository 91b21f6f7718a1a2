"""Equality of text, from strict to lenient."""

import string
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from prompteval.core.case import Case, Cell
from prompteval.core.observation import Score
from prompteval.core.unicode import nfkc
from prompteval.scoring.base import BaseScorer, as_text, is_label, label_of
from prompteval.scoring.options import TextOptions
from prompteval.workspace.field_types import Text

_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise(text: str) -> str:
    """NFKC, case folded, ASCII punctuation removed, white space collapsed."""
    folded = nfkc(text).casefold()
    return " ".join(folded.translate(_PUNCTUATION).split())


@dataclass(frozen=True)
class Exact(BaseScorer):
    """1 where output and expected are equal; an expected object may name a part of the fields.

    Example: `{exact: {field: intent}}`
    """

    options: ClassVar[type[TextOptions]] = TextOptions
    instant = True

    def judge(self, expected: object, answer: object, case: Case) -> Score:
        if isinstance(expected, Cell) and not isinstance(answer, str):
            expected = expected.value()  # of a target without types: what the cell says is a number, say
        labels = (label_of(expected), label_of(answer)) if is_label(expected) and is_label(answer) else None
        return Score(self.name, float(_equal(expected, answer)), labels=labels)


@dataclass(frozen=True)
class Normalised(BaseScorer):
    """1 where output and expected are equal but for case, ASCII punctuation, white space and NFKC forms.

    Example: `normalised`
    """

    options = TextOptions
    instant = True

    def judge(self, expected: object, answer: object, case: Case) -> Score:
        wanted, given = normalise(as_text(expected)), normalise(as_text(answer))
        labels = (wanted, given) if is_label(expected) and is_label(answer) else None
        return Score(self.name, float(wanted == given), labels=labels)


class ContainsOptions(TextOptions):
    """Of `contains`."""

    value: Text = Field("", description="The text to find in the answer. [default: what is expected]")
    ignore_case: bool = Field(False, description="Whether upper and lower case are the same.")


@dataclass(frozen=True)
class Contains(BaseScorer):
    """1 where the answer contains a text: `value`, or else the expected one (each, for a list).

    Example: `{contains: {value: refund, ignore_case: true}}`
    """

    options = ContainsOptions
    instant = True

    value: str = ""
    ignore_case: bool = False

    @property
    def needs_expected(self) -> bool:  # type: ignore[override]
        return not self.value

    def judge(self, expected: object, answer: object, case: Case) -> Score:
        wanted = [self.value] if self.value else expected if isinstance(expected, list) else [expected]
        text = as_text(answer)
        missing = [item for item in map(as_text, wanted) if not self._within(item, text)]
        reason = f"{missing[0]!r} is not in the answer" if missing else ""
        return Score(self.name, float(not missing), reason=reason)

    def _within(self, part: str, text: str) -> bool:
        return part.casefold() in text.casefold() if self.ignore_case else part in text


def _equal(expected: object, answer: object) -> bool:
    if isinstance(expected, Cell) and not isinstance(answer, str):
        expected = expected.value()
    if isinstance(expected, dict) and isinstance(answer, dict):
        return all(key in answer and _equal(value, answer[key]) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(answer, list):
        return len(expected) == len(answer) and all(map(_equal, expected, answer))
    if isinstance(expected, bool) or isinstance(answer, bool):
        return expected is answer
    return bool(expected == answer)
