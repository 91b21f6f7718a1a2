"""What is wrong with the calls of a case, in one line: which call, which argument, what was expected."""

import json
from collections.abc import Mapping, Sequence

from prompteval.core.trace import ToolCall
from prompteval.metrics.tool_calls.alignment import Alignment, Pair, Rule
from prompteval.metrics.tool_calls.conditions import (
    Anything,
    Equal,
    Expected,
    Fields,
    Items,
    Near,
    OneOf,
    Pattern,
)
from prompteval.metrics.tool_calls.matching import WantedCall
from prompteval.metrics.tool_calls.values import Difference

# Of one value in a message, in characters.
SHOWN = 60
# Of the faults of one case, those that its score names.
MOST_FAULTS = 3


def fault(
    rule: Rule,
    found: Alignment,
    wanted: Sequence[WantedCall],
    made: Sequence[ToolCall],
    broken_at: tuple[int, int] | None,
) -> str:
    """The first faults, and how many more there are; empty where the rule holds.

    `broken_at` is where the order breaks under `exact`, None where it does not, and under the other rules.
    """
    faults = [text for pair in found.pairs for text in _of_pair(pair, made)]
    if rule != "within":
        faults += [
            f"{wanted[index].name} was not called{_again(found, wanted, index)}" for index in found.missing
        ]
    if rule != "contains":
        nothing = " (no call was expected)" if not wanted else ""
        faults += [f"unexpected call {made[index].name}{nothing}" for index in found.extra]
    if not faults and broken_at is not None:
        faults = [_order(*broken_at, wanted, made)]
    more = [f"{len(faults) - MOST_FAULTS} more"] if len(faults) > MOST_FAULTS else []
    return "; ".join([*faults[:MOST_FAULTS], *more])


def _of_pair(pair: Pair, made: Sequence[ToolCall]) -> list[str]:
    call = made[pair.made]
    if pair.match.unread:
        return [f"{call.name}: the arguments are not a JSON object: {_cut(call.unread)}"]
    return [f"{call.name}: {_difference(one)}" for one in pair.match.differences]


def _difference(found: Difference) -> str:
    name = ".".join(str(part) for part in found.place)
    match found.kind:
        case "missing":
            wanted = "" if found.expected is None else f", expected {expected_text(found.expected)}"
            return f"{name} is missing{wanted}"
        case "unexpected":
            return f"unexpected argument {name} {value_text(found.given)}"
        case "unknown":
            return f"the tool has no argument {name}"
        case "type":
            wanted = "" if found.schema is None else found.schema.type_names
            return f"{name} must be {wanted}, not {value_text(found.given)}"
        case _:
            if isinstance(found.expected, Items) and isinstance(found.given, list | tuple):
                return f"{name} has {len(found.given)} items, expected {len(found.expected.items)}"
            wanted = "" if found.expected is None else expected_text(found.expected)
            return f"{name} {value_text(found.given)}, expected {wanted}"


def _again(found: Alignment, wanted: Sequence[WantedCall], index: int) -> str:
    """Where other calls of the name were made, how often it was expected."""
    name = wanted[index].name
    made = sum(wanted[pair.expected].name == name for pair in found.pairs)
    return f" again ({made} of {sum(call.name == name for call in wanted)} times)" if made else ""


def _order(place: int, index: int, wanted: Sequence[WantedCall], made: Sequence[ToolCall]) -> str:
    there = made[index].name if index < len(made) else "no call"
    expected = wanted[place].name if place < len(wanted) else "none"
    if there == expected:
        return f"call {index + 1}, {there}, is out of order"
    return f"call {index + 1} is {there}, expected {expected}"


def expected_text(expected: Expected) -> str:
    """What is expected, as the case writes it."""
    return _cut(_json(_plain(expected)))


def value_text(value: object) -> str:
    """A value as JSON on one line, cut."""
    return _cut(_json(value))


def _plain(expected: Expected) -> object:
    match expected:
        case Equal(value=value):
            return value
        case OneOf(options=options):
            return {"$one_of": [_plain(one) for one in options]}
        case Pattern(regex=regex):
            return {"$regex": regex}
        case Near(value=value, tolerance=tolerance):
            return {"$near": value, "$abs_tol": tolerance}
        case Items(items=items):
            return [_plain(one) for one in items]
        case Fields(fields=fields):
            return {name: _plain(part.expected) for name, part in fields.items()}
        case Anything():
            return {"$any": True}


def _json(value: object) -> str:
    return json.dumps(dict(value) if isinstance(value, Mapping) else value, ensure_ascii=False, default=str)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"
