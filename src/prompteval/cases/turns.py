"""`turns` of a case: what a user says in a conversation, and what is right to answer."""

from collections.abc import Mapping

from prompteval.cases.calls import expected_calls
from prompteval.cases.problem import Wrong
from prompteval.cases.schema import TurnLine
from prompteval.core.case import UserTurn
from prompteval.core.problem import MOST_PROBLEMS, did_you_mean

CODE = "PE324"
# Of one conversation, far above what anybody writes by hand.
MOST_TURNS = 1_000
_KEYS = frozenset(TurnLine.model_fields)
_EXAMPLE = '[{"user": "Where is order 7?", "expected": "..."}]'


def user_turns(value: object, wrong: list[Wrong]) -> tuple[UserTurn, ...]:
    """The turns; what is wrong with them is noted at its place in the record."""
    if not isinstance(value, list) or not value:
        message = f"turns must be a non-empty list of turns, not {value!r:.60}"
        wrong.append((("turns",), CODE, message, _EXAMPLE))
        return ()
    if len(value) > MOST_TURNS:
        message = f"turns has {len(value):,} turns, at most {MOST_TURNS:,} are played"
        wrong.append((("turns",), CODE, message, ""))
        return ()
    found = []
    for index, turn in enumerate(value):
        if len(wrong) >= MOST_PROBLEMS:
            break
        fault = _fault(turn)
        if fault is not None:
            wrong.append((("turns", index), CODE, *fault))
            continue
        calls_wrong: list[Wrong] = []
        calls = expected_calls(turn.get("tool_calls"), calls_wrong)
        wrong += [(("turns", index, *place), *rest) for place, *rest in calls_wrong]  # type: ignore[misc]
        found.append(UserTurn(turn["user"], turn.get("expected"), calls))
    return tuple(found)


def _fault(turn: object) -> tuple[str, str] | None:
    """(what is wrong, the fix) of the first fault."""
    if not isinstance(turn, Mapping):
        return f"a turn must be an object, not {turn!r:.60}", _EXAMPLE
    unknown = next((key for key in turn if key not in _KEYS), None)
    if unknown is not None:
        return f"unknown key {unknown!r} in a turn", did_you_mean(unknown, sorted(_KEYS))
    if not isinstance(turn.get("user"), str) or not turn["user"].strip():
        return "a turn must have the text of its user", _EXAMPLE
    return None
