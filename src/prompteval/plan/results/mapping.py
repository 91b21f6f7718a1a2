"""`map:`: a system's own shape to a result, each key by a JMESPath expression."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from prompteval.core.errors import UsageError
from prompteval.core.problem import did_you_mean
from prompteval.plan.results.result import KEYS

# Of one expression, in characters: nobody writes a longer one by hand.
LONGEST = 2_000
# Of a line of data that a message shows.
SHOWN = 160


class _Expression(Protocol):
    parsed: Mapping[str, object]


@dataclass(frozen=True)
class ResultMap:
    """What gives each key of a result, compiled."""

    texts: Mapping[str, str]
    expressions: Mapping[str, _Expression]

    def apply(self, value: object) -> dict[str, object]:
        """The keys that a value has; a key whose expression finds nothing is left out.

        Raises UsageError for a function of an expression that does not take what it finds, and for an
        expression that finds too much.
        """
        from prompteval.plan.results.bounded_search import search

        found = {}
        for key, expression in self.expressions.items():
            try:
                part = search(expression.parsed, value)
            except (ValueError, RecursionError) as error:  # jmespath's errors are ValueErrors
                raise UsageError(f"map: {key} ({self.texts[key]}): {_one_line(error)}") from None
            if part is not None:
                found[key] = part
        return found

    def absent(self, values: Sequence[object]) -> list[str]:
        """For each key that none of the values has, a sentence with the key and the first value."""
        if not values:
            return []
        given: set[str] = set()
        for value in values:
            given |= self.apply(value).keys()
            if len(given) == len(self.expressions):
                return []
        return [
            f"map: {key} matches nothing: {self.texts[key]} is in no row, such as {excerpt(values[0])}"
            for key in self.expressions
            if key not in given
        ]


def compile_map(texts: Mapping[str, str], more: Sequence[str] = ()) -> ResultMap:
    """The expressions of a suite's `map:`; `more` are keys beside those of a result.

    Raises UsageError for a key that a result does not have, and for what is not JMESPath.
    """
    import jmespath

    known = (*KEYS, *more)
    expressions = {}
    for key, text in texts.items():
        if key not in known:
            raise UsageError(f"map: unknown key {key!r} ({did_you_mean(key, known)})")
        if len(text) > LONGEST:
            raise UsageError(f"map: {key} is longer than {LONGEST:,} characters")
        try:
            expressions[key] = jmespath.compile(text)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"map: {key} is not JMESPath: {_one_line(error)}") from None
    return ResultMap(texts, expressions)


def excerpt(value: object) -> str:
    """A value as JSON on one line, cut with its length said."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text):,} characters)"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
