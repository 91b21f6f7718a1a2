"""Scorers from outside: an object with a name and `score()` is one; what it does not say has its default."""

from collections.abc import Callable
from typing import Any, get_args

from prompteval.core.case import Case
from prompteval.core.errors import UsageError
from prompteval.core.observation import Observation
from prompteval.core.protocols import Pace, Scorer

# What a scorer may say of itself beside `name` and `score`; see `core.protocols.Scorer`.
PROTOCOL_MEMBERS = (
    "fields_used", "decides", "threshold", "reports", "version", "thread_safe", "timeout_s", "pace",
    "score_many", "max_batch",
)  # fmt: skip


class OutsideScorer(Scorer):
    """Stands for an object that does not inherit from Scorer, under the name that the suite gives."""

    name = ""

    def __init__(self, name: str, found: Any, threshold: float | None = None) -> None:
        attributes = {member: getattr(found, member) for member in PROTOCOL_MEMBERS if hasattr(found, member)}
        if threshold is not None:
            attributes |= {"threshold": threshold, "decides": True}
        vars(self).update(attributes, name=name, score=found.score)  # a coroutine function stays one

    def score(self, case: Case, observation: Observation) -> Any:
        raise TypeError("the object's own method stands before this one")


def as_scorer(name: str, found: Any, threshold: float | None = None) -> Scorer:
    """The object as a scorer called `name`, with a threshold that it does not know of.

    Raises UsageError for one without `score()`, and for what it says of itself in another form than the
    protocol's.
    """
    if not callable(getattr(found, "score", None)):
        raise UsageError(f"{_kind(found)} is not a scorer: it has no method score(case, observation)")
    named = isinstance(found, Scorer) and found.name == name
    scorer = found if named and threshold is None else OutsideScorer(name, found, threshold)
    wrong = wrong_promise(scorer)
    if wrong:
        raise UsageError(f"{_kind(found)}: {wrong}")
    return scorer


def wrong_promise(scorer: Scorer) -> str:
    """What a scorer says of itself in another form than the protocol's; empty where all is right."""
    for member, form, is_right in _FORMS:
        value = getattr(scorer, member)
        if not is_right(value):
            return f"{member} must be {form}, not {value!r}"
    return ""


def _is_names(value: object) -> bool:
    return isinstance(value, tuple | list) and all(isinstance(name, str) for name in value)


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _is_seconds(value: Any) -> bool:
    return _is_number(value) and (value is None or value > 0)


_FORMS: tuple[tuple[str, str, Callable[[Any], bool]], ...] = (
    ("fields_used", "a tuple of field names", _is_names),
    ("decides", "true or false", lambda value: isinstance(value, bool)),
    ("threshold", "a number or None", _is_number),
    ("reports", "a tuple of names or None", lambda value: value is None or _is_names(value)),
    ("version", "a string", lambda value: isinstance(value, str)),
    ("thread_safe", "true or false", lambda value: isinstance(value, bool)),
    ("timeout_s", "a number of seconds above 0 or None", _is_seconds),
    ("pace", f"one of {', '.join(get_args(Pace))}", lambda value: value in get_args(Pace)),
)


def _kind(found: object) -> str:
    return found.__qualname__ if isinstance(found, type) else type(found).__qualname__
