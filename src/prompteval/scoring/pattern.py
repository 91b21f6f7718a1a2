"""A regular expression over the answer, with a time limit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field
from pydantic_core import PydanticCustomError

from prompteval.core.case import Case
from prompteval.core.observation import Score
from prompteval.isolate.pattern_search import search
from prompteval.scoring.base import BaseScorer, as_text
from prompteval.scoring.options import Pattern, TextOptions
from prompteval.workspace.validation import Location, any_of, problem

_FORM = "{regex: {pattern: ...}}"


class RegexOptions(TextOptions):
    """Of `regex`."""

    model_config = any_of("pattern", "value")

    pattern: Pattern = Field("", description="The regular expression to find in the answer.")
    value: Pattern = Field("", description="The same, as `{regex: PATTERN}` gives it.")

    @classmethod
    def refused(cls, raw: Mapping[Any, Any]) -> Mapping[Location, PydanticCustomError]:
        given = [key for key in ("pattern", "value") if key in raw]
        if len(given) == 2:
            return {
                **super().refused(raw),
                ("value",): problem("give pattern or value, not both", at_key=True),
            }
        wrong = {} if given else {(): problem("regex needs a pattern", f"write `{_FORM}`")}
        return {**super().refused(raw), **wrong}


@dataclass(frozen=True)
class Regex(BaseScorer):
    """1 where `pattern` is found in the answer. A search that does not end is a failed score.

    Example: `{regex: {pattern: "order [0-9]+"}}`
    """

    options = RegexOptions
    needs_expected = False

    pattern: str = ""
    value: str = ""

    def judge(self, expected: object, answer: object, case: Case) -> Score:
        found = search(self.pattern or self.value, as_text(answer))
        return Score(self.name, float(found is not None))
