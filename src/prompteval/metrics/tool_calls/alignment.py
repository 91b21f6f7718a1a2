"""All calls of a case compared with those expected: which goes with which, and what each rule says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Literal, get_args

from prompteval.core.trace import ToolCall
from prompteval.metrics.tool_calls.assign import best_assignment
from prompteval.metrics.tool_calls.matching import CallMatch, CallRules, WantedCall, match_call

Rule = Literal["exact", "any_order", "contains", "within"]
RULES: tuple[Rule, ...] = get_args(Rule)
Assign = Literal["best", "first"]
ASSIGN: tuple[Assign, ...] = get_args(Assign)
# Of expected and made calls of one name; finding the best assignment takes cubic time.
MOST_PAIRS = 10_000


class TooManyCalls(ValueError):
    """More calls of one name than are compared."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An expected call, by its place, with the call that was made for it."""

    expected: int
    made: int
    match: CallMatch


@dataclass(frozen=True, slots=True)
class Alignment:
    """Each expected call with the call of its name that goes with it, in the order expected.

    `missing` are the places of expected calls without one, `extra` those of calls that were made for none.
    """

    pairs: tuple[Pair, ...]
    missing: tuple[int, ...]
    extra: tuple[int, ...]

    def holds(self, rule: Rule) -> bool:
        """Whether the calls are right where their order does not count."""
        if not all(pair.match.fits for pair in self.pairs):
            return False
        return (rule == "within" or not self.missing) and (rule == "contains" or not self.extra)

    def counted(self, rule: Rule) -> int:
        """How many calls a share is of: expected or made, whichever are more, or what the rule asks for."""
        expected, made = len(self.pairs) + len(self.missing), len(self.pairs) + len(self.extra)
        return {"contains": expected, "within": made}.get(rule, max(expected, made))

    def name_share(self, rule: Rule) -> Fraction:
        """The share of calls whose name is right; 1 where there are none."""
        counted = self.counted(rule)
        return Fraction(len(self.pairs), counted) if counted else Fraction(1)

    def argument_share(self, rule: Rule) -> Fraction:
        """The mean over the same calls of the share of their arguments that are right, 0 without the name."""
        counted = self.counted(rule)
        return (
            sum((share(pair.match) for pair in self.pairs), Fraction(0)) / counted if counted else Fraction(1)
        )


def share(match: CallMatch) -> Fraction:
    """The share of a call's arguments that are right; of none all are."""
    return Fraction(match.right, match.compared) if match.compared else Fraction(1)


def align(
    wanted: Sequence[WantedCall], made: Sequence[ToolCall], rules: CallRules, assign: Assign = "best"
) -> Alignment:
    """Expected and made calls of each name brought together.

    `best`: so that the most calls are right, then the most arguments of the others. `first`: each expected
    call in turn takes the first call left that is right, as the checker of BFCL does; the rest as in `best`.
    Raises TooManyCalls.
    """
    pairs: list[Pair] = []
    for name in dict.fromkeys(call.name for call in wanted):
        rows = [index for index, call in enumerate(wanted) if call.name == name]
        columns = [index for index, call in enumerate(made) if call.name == name]
        if len(rows) * len(columns) > MOST_PAIRS:
            raise TooManyCalls(
                f"{len(rows):,} expected and {len(columns):,} made calls of {name} are more than can be"
                f" compared ({MOST_PAIRS:,} pairs)"
            )
        table = {
            (row, column): match_call(wanted[row], made[column], rules) for row in rows for column in columns
        }
        pairs += _first(table) if assign == "first" else _best(table)
    pairs.sort(key=lambda pair: pair.expected)
    taken, given = {pair.expected for pair in pairs}, {pair.made for pair in pairs}
    return Alignment(
        tuple(pairs),
        tuple(index for index in range(len(wanted)) if index not in taken),
        tuple(index for index in range(len(made)) if index not in given),
    )


def out_of_order(
    wanted: Sequence[WantedCall], made: Sequence[ToolCall], rules: CallRules
) -> tuple[int, int] | None:
    """Where the order breaks: the places of an expected call and of the first call of the step made there.

    The calls of a step are unordered among themselves. None where order and number are right.
    """
    place = 0
    for step in steps(made):
        here = wanted[place : place + len(step)]
        if not align(here, [made[index] for index in step], rules).holds("any_order"):
            return place, step[0]
        place += len(step)
    return (place, len(made)) if place < len(wanted) else None


def steps(made: Sequence[ToolCall]) -> list[list[int]]:
    """The places of the calls of each step, in the order of its first call."""
    found: dict[tuple[str, int], list[int]] = {}
    for index, call in enumerate(made):
        key = ("alone", index) if call.step is None else ("step", call.step)
        found.setdefault(key, []).append(index)
    return list(found.values())


def _best(table: Mapping[tuple[int, int], CallMatch]) -> list[Pair]:
    rows, columns = sorted({row for row, _ in table}), sorted({column for _, column in table})
    whole = lcm(*(match.compared for match in table.values() if match.compared)) if table else 1
    # A call that is right outweighs the arguments of all others.
    right = whole * (min(len(rows), len(columns)) + 1)
    weights = [[_weight(table[row, column], whole, right) for column in columns] for row in rows]
    return [
        Pair(row, columns[given], table[row, columns[given]])
        for row, given in zip(rows, best_assignment(weights), strict=True)
        if given is not None
    ]


def _weight(match: CallMatch, whole: int, right: int) -> int:
    return int(share(match) * whole) + (right if match.fits else 0)


def _first(table: Mapping[tuple[int, int], CallMatch]) -> list[Pair]:
    pairs: dict[int, Pair] = {}
    left = {column for _, column in table}
    for (row, column), match in sorted(table.items(), key=lambda item: item[0]):
        if row not in pairs and column in left and match.fits:
            pairs[row] = Pair(row, column, match)
            left.discard(column)
    rest = {key: match for key, match in table.items() if key[0] not in pairs and key[1] in left}
    return [*pairs.values(), *_best(rest)]
