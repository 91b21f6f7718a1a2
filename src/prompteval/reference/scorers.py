"""Scorers with their options, from the classes that make them."""

from prompteval.core.errors import PromptevalError
from prompteval.reference.entry import Entry, Fact, Group, documented
from prompteval.reference.value import option_of
from prompteval.scoring.base import BaseScorer
from prompteval.scoring.options_schema import scorer_class, scorer_kinds, scorer_options

FRAME = "scorers:\n  - {}"
KIND = "scorer"


def scorer_group() -> Group:
    """Every scorer of this installation."""
    return Group("Scorers", "scorers", tuple(map(_entry, scorer_kinds())))


def _entry(kind: str) -> Entry:
    try:
        made, schema = scorer_class(kind), scorer_options(kind)
    except PromptevalError as error:  # a plug-in that cannot be imported
        return Entry(kind, KIND, str(error))
    options = tuple(option_of(name, value) for name, value in schema.get("properties", {}).items())
    return documented(Entry(kind, KIND, "", _facts(made), options), made, FRAME)


def _facts(made: object) -> tuple[Fact, ...]:
    if not (isinstance(made, type) and issubclass(made, BaseScorer)):
        return ()
    passes = "from `threshold` on; without it, it only measures" if made.graded else "at 1"
    return (Fact("passes", passes),)
