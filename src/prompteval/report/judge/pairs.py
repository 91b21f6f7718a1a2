"""Judges of recorded pairs as tables and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from prompteval.report.format import number
from prompteval.report.judge.render import interval_json
from prompteval.report.table import Table
from prompteval.stats.interval import Interval

SCHEMA = "prompteval/judge-pairs@1"


class OfOrder(Protocol):
    """The figures of one order."""

    @property
    def n(self) -> int: ...
    @property
    def right(self) -> int: ...
    @property
    def unparsed(self) -> int: ...
    @property
    def kappa(self) -> Interval: ...


class OfPairs(Protocol):
    """The figures of one judge over some pairs."""

    @property
    def pairs(self) -> int: ...
    @property
    def orders(self) -> Mapping[str, OfOrder]: ...
    @property
    def both(self) -> int: ...
    @property
    def both_right(self) -> int: ...
    @property
    def same(self) -> int: ...
    @property
    def changed(self) -> int: ...
    @property
    def right(self) -> int: ...
    @property
    def wrong(self) -> int: ...
    @property
    def neither(self) -> int: ...
    @property
    def ties(self) -> int: ...
    @property
    def first(self) -> int: ...
    @property
    def places(self) -> int: ...
    @property
    def between(self) -> Interval: ...
    @property
    def constant(self) -> tuple[str, float] | None: ...
    @property
    def accuracy(self) -> float | None: ...
    @property
    def slices(self) -> Mapping[str, Mapping[str, "OfPairs"]]: ...


class Judged(Protocol):
    """A judge's name and prompt."""

    @property
    def judge(self) -> str: ...
    @property
    def prompt(self) -> str: ...


HEADS = (
    "judge",
    "prompt",
    "pairs",
    "right",
    "a first",
    "b first",
    "kappa",
    "both orders agree",
    "first shown",
    "constant",
)


def pair_table(found: Sequence[tuple[Judged, OfPairs]]) -> Table:
    """One judge a row: by the sign of both orders, and by each order."""
    rows = [
        [
            judge.judge,
            judge.prompt,
            str(one.pairs),
            number(one.accuracy),
            *(_share(one.orders[order].right, one.orders[order].n) for order in ("ab", "ba")),
            _kappa(one.orders["ab"].kappa),
            f"{one.same}/{one.both}",
            _share(one.first, one.places),
            "" if one.constant is None else f"{one.constant[1]:.3f} ({one.constant[0]})",
        ]
        for judge, one in found
    ]
    return Table("", HEADS, rows, texts=2)


def _share(part: int, whole: int) -> str:
    return number(part / whole if whole else None)


def _kappa(one: Interval) -> str:
    ends = "" if one.low is None or one.high is None else f" [{number(one.low)}, {number(one.high)}]"
    return number(one.value) + ends


def pairs_json(found: Sequence[tuple[Judged, OfPairs]], unparsed: str) -> dict[str, object]:
    """All figures, of slices too."""
    return {"schema": SCHEMA, "unparsed": unparsed, "judges": list(_judges(found))}


def _judges(found: Sequence[tuple[Judged, OfPairs]]) -> Iterator[dict[str, object]]:
    for judge, one in found:
        parts = {
            tag: {value: _json(of) for value, of in values.items()} for tag, values in one.slices.items()
        }
        yield {"judge": judge.judge, "prompt": judge.prompt, **_json(one), "slices": parts}


def _json(one: OfPairs) -> dict[str, object]:
    return {
        "pairs": one.pairs,
        "orders": {
            order: {
                "n": of.n,
                "right": of.right,
                "unparsed": of.unparsed,
                "accuracy": of.right / of.n if of.n else None,
                "kappa": interval_json(of.kappa),
            }
            for order, of in one.orders.items()
        },
        "both": one.both,
        "both_right": one.both_right,
        "same": one.same,
        "changed": one.changed,
        "right": one.right,
        "wrong": one.wrong,
        "neither": one.neither,
        "accuracy": one.accuracy,
        "ties": one.ties,
        "first_shown": {"preferred": one.first, "of": one.places},
        "kappa_between_orders": interval_json(one.between),
        "constant": None
        if one.constant is None
        else {"label": one.constant[0], "agreement": one.constant[1]},
    }
