"""`tool_calls` of a case: the calls of tools that are right."""

from collections.abc import Mapping

from prompteval.cases.problem import Wrong
from prompteval.cases.schema import CallLine
from prompteval.core.case import ExpectedCall
from prompteval.core.problem import MOST_PROBLEMS, did_you_mean
from prompteval.isolate.pattern_search import compiled
from prompteval.metrics.tool_calls.conditions import WrongCondition, read_arguments, regexes

CODE = "PE322"
# Of one case, far above what a system does for one.
MOST_CALLS = 1_000
_KEYS = frozenset(CallLine.model_fields)
_EXAMPLE = '[{"name": "refund", "arguments": {"order": 7}}]'


def expected_calls(value: object, wrong: list[Wrong]) -> tuple[ExpectedCall, ...] | None:
    """The calls, None for null; what is wrong with them is noted at its place in the record."""
    if value is None:
        return None
    if not isinstance(value, list):
        message = f"tool_calls must be a list of calls, not {value!r:.60}"
        wrong.append((("tool_calls",), CODE, message, _EXAMPLE))
        return None
    if len(value) > MOST_CALLS:
        message = f"tool_calls has {len(value):,} calls, at most {MOST_CALLS:,} are compared"
        wrong.append((("tool_calls",), CODE, message, ""))
        return None
    found = []
    for index, call in enumerate(value):
        if len(wrong) >= MOST_PROBLEMS:
            break
        problem = _fault(call)
        if problem is not None:
            place, message, help = problem
            wrong.append((("tool_calls", index, *place), CODE, message, help))
        else:
            found.append(ExpectedCall(call["name"], call.get("arguments", {})))
    return tuple(found)


def _fault(call: object) -> tuple[tuple[str | int, ...], str, str] | None:
    """(place in the call, what is wrong, the fix) of the first fault."""
    if not isinstance(call, Mapping):
        return (), f"a call must be an object, not {call!r:.60}", _EXAMPLE
    unknown = next((key for key in call if key not in _KEYS), None)
    if unknown is not None:
        return (), f"unknown key {unknown!r} in a call", did_you_mean(unknown, sorted(_KEYS))
    if not isinstance(call.get("name"), str) or not call["name"]:
        return (), "a call must name a tool", _EXAMPLE
    arguments = call.get("arguments", {})
    if not isinstance(arguments, Mapping):
        return ("arguments",), f"the arguments of {call['name']} must be an object, not {arguments!r:.60}", ""
    try:
        read = read_arguments(arguments)
    except WrongCondition as error:
        return ("arguments", *error.place), str(error), error.help
    for name, argument in read.items():
        for pattern in regexes(argument.expected):
            try:
                compiled(pattern, "$regex")
            except ValueError as error:
                return ("arguments", name), str(error), ""
    return None
