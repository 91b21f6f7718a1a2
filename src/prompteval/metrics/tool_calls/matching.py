"""One call compared with one that is expected, argument by argument."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from prompteval.core.case import ExpectedCall
from prompteval.core.trace import ToolCall
from prompteval.metrics.tool_calls.conditions import Argument, read_arguments
from prompteval.metrics.tool_calls.schemas import ToolSchema, ValueSchema
from prompteval.metrics.tool_calls.values import (
    Depth,
    Difference,
    ValueRules,
    difference,
    may_be_absent,
    same_json,
)

_ANY = ValueSchema()


@dataclass(frozen=True, slots=True)
class WantedCall:
    """An expected call, its conditions read."""

    name: str
    arguments: Mapping[str, Argument]


@dataclass(frozen=True, slots=True)
class CallRules:
    """How calls are compared: their values, the arguments that are not, the tools' schemas by name."""

    values: ValueRules
    ignore: frozenset[str] = frozenset()
    tools: Mapping[str, ToolSchema] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallMatch:
    """How far a call is what is expected: `right` of `compared` arguments, and what differs.

    A call whose arguments are not JSON has none right.
    """

    right: int
    compared: int
    differences: tuple[Difference, ...] = ()
    unread: bool = False

    @property
    def fits(self) -> bool:
        return not self.differences and not self.unread


def wanted_calls(expected: Sequence[ExpectedCall]) -> tuple[WantedCall, ...]:
    """The expected calls of a case. Raises WrongCondition for a condition that says nothing."""
    return tuple(WantedCall(call.name, read_arguments(call.arguments)) for call in expected)


def match_call(wanted: WantedCall, call: ToolCall, rules: CallRules) -> CallMatch:
    """A call beside an expected one of the same name.

    With the tool's schema a required argument must be there, even if the case omits it, and one that the
    schema does not know is wrong. An argument that is left out, or given beside those expected, is right
    where it says what the schema has as its default.
    """
    if call.unread:
        return CallMatch(0, max(1, len(wanted.arguments)), unread=True)
    tool = rules.tools.get(call.name)
    names = [name for name in dict.fromkeys((*call.arguments, *wanted.arguments)) if name not in rules.ignore]
    required = () if tool is None else sorted(tool.required - rules.ignore - set(names))
    compared, found = 0, []
    for name in (*names, *required):
        result = _argument(name, wanted.arguments.get(name), call, tool, rules.values)
        if result is not None:
            compared += 1
            found += [result] if isinstance(result, Difference) else []
    return CallMatch(compared - len(found), compared, tuple(found))


def _argument(
    name: str, wanted: Argument | None, call: ToolCall, tool: ToolSchema | None, rules: ValueRules
) -> Difference | bool | None:
    """What differs, True where nothing does, None where there is nothing to compare."""
    schema = _ANY if tool is None else tool.arguments.get(name, _ANY)
    if name not in call.arguments:
        needed = tool is not None and name in tool.required
        if wanted is None or needed or not may_be_absent(wanted, schema, rules, Depth.ARGUMENT):
            return Difference("missing", (name,), None, None if wanted is None else wanted.expected)
        return None
    value = call.arguments[name]
    if tool is not None and name not in tool.arguments and not tool.open:
        return Difference("unknown", (name,), value)
    if wanted is None:
        is_default = bool(schema.default) and same_json(value, schema.default[0])
        return None if is_default else Difference("unexpected", (name,), value)
    found = difference(value, wanted.expected, rules, schema)
    return True if found is None else found.below(name)
