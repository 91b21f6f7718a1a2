"""A judge of pairs beside people: right in each order, in both, and by the sign of both."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from prompteval.analysis.judges.figures import Unparsed, finite
from prompteval.core.fingerprint import fingerprint
from prompteval.judging.pairwise import ORDERS
from prompteval.judging.recorded_pairs import PAIR_LABELS, Preferred, RecordedJudge, RecordedPair
from prompteval.stats.interval import Interval
from prompteval.stats.judged.agreement import cohen_kappa, rating_table, table_interval

_SIGN = {"a": 1, "tie": 0, "b": -1, None: 0}
_NONE = len(PAIR_LABELS)


@dataclass(frozen=True, slots=True)
class OrderFigures:
    """One order: how many of its judgements are right, and how far it agrees with people beyond chance."""

    n: int
    right: int
    unparsed: int
    kappa: Interval


@dataclass(frozen=True, slots=True)
class PairFigures:
    """All figures of one judge over some pairs.

    `both` pairs have a judgement in both orders: in `both_right` of them both are right, in `same` both
    prefer the same output, `changed` are the others. By the sign of both, `right` and `wrong` pairs have the
    label of people and its opposite; `neither` is a tie where people prefer one, or the other way round.
    `first` of `places` judgements without a tie prefer the output that was shown first.
    """

    pairs: int
    orders: Mapping[str, OrderFigures]
    both: int
    both_right: int
    same: int
    right: int
    wrong: int
    neither: int
    ties: int
    first: int
    places: int
    between: Interval
    constant: tuple[str, float] | None
    slices: Mapping[str, Mapping[str, "PairFigures"]] = field(default_factory=dict)

    @property
    def changed(self) -> int:
        return self.both - self.same

    @property
    def accuracy(self) -> float | None:
        """The share of pairs that are right by the sign of both orders."""
        total = self.right + self.wrong + self.neither
        return self.right / total if total else None


def pair_figures(
    judge: RecordedJudge,
    labels: Mapping[str, Preferred],
    unparsed: Unparsed,
    slices: Mapping[str, Mapping[str, str]],
) -> PairFigures:
    """The figures of one judge; `slices` has the tags of each pair beside those of the recorded lines.

    With `missing`, judgements without a verdict are left out, and a pair that has one is not in `both`.
    """
    known = [pair for pair in judge.pairs if pair.pair_id in labels]
    whole = _figures(known, labels, unparsed, intervals=True)
    by_tag: dict[str, dict[str, list[RecordedPair]]] = {}
    for pair in known:
        for tag, value in {**pair.tags, **slices.get(pair.pair_id, {})}.items():
            by_tag.setdefault(tag, {}).setdefault(value, []).append(pair)
    parts = {
        tag: {value: _figures(of, labels, unparsed, intervals=False) for value, of in sorted(values.items())}
        for tag, values in sorted(by_tag.items())
    }
    return replace(whole, slices=parts)


def _figures(
    pairs: Sequence[RecordedPair], labels: Mapping[str, Preferred], unparsed: Unparsed, *, intervals: bool
) -> PairFigures:
    orders = {order: _order(order, pairs, labels, unparsed, intervals=intervals) for order in ORDERS}
    both = [pair for pair in pairs if set(ORDERS) <= set(pair.decisions)]
    if unparsed == "missing":
        both = [pair for pair in both if None not in pair.decisions.values()]
    sums = [_SIGN[pair.decisions["ab"]] + _SIGN[pair.decisions["ba"]] for pair in both]
    wanted = [_SIGN[labels[pair.pair_id]] for pair in both]
    right = sum(np.sign(total) == want for total, want in zip(sums, wanted, strict=True))
    wrong = sum(bool(want) and np.sign(total) == -want for total, want in zip(sums, wanted, strict=True))
    placed = list(_places(pairs))
    decisions = [[pair.decisions[order] for pair in both] for order in ORDERS]
    given = [labels[pair.pair_id] for pair in pairs]
    most = max(PAIR_LABELS, key=given.count)
    return PairFigures(
        pairs=len(pairs),
        orders=orders,
        both=len(both),
        both_right=sum(set(pair.decisions.values()) == {labels[pair.pair_id]} for pair in both),
        same=sum(pair.decisions["ab"] == pair.decisions["ba"] for pair in both),
        right=int(right),
        wrong=int(wrong),
        neither=len(both) - int(right) - int(wrong),
        ties=sum(one == "tie" for pair in pairs for one in pair.decisions.values()),
        first=sum(placed),
        places=len(placed),
        between=_kappa(decisions[0], decisions[1], intervals=intervals),
        constant=(most, given.count(most) / len(given)) if given else None,
    )


def _order(
    order: str,
    pairs: Sequence[RecordedPair],
    labels: Mapping[str, Preferred],
    unparsed: Unparsed,
    *,
    intervals: bool,
) -> OrderFigures:
    asked = [pair for pair in pairs if order in pair.decisions]
    missing = sum(pair.decisions[order] is None for pair in asked)
    if unparsed == "missing":
        asked = [pair for pair in asked if pair.decisions[order] is not None]
    said = [pair.decisions[order] for pair in asked]
    wanted = [labels[pair.pair_id] for pair in asked]
    right = sum(a == b for a, b in zip(said, wanted, strict=True))
    return OrderFigures(len(asked), right, missing, _kappa(wanted, said, intervals=intervals))


def _places(pairs: Sequence[RecordedPair]) -> Iterator[bool]:
    """Whether the first shown was preferred, of each judgement that prefers one."""
    for pair in pairs:
        for order, one in pair.decisions.items():
            if one in ("a", "b"):
                yield one == order[0]


def _kappa(
    first: Sequence[Preferred | None], second: Sequence[Preferred | None], *, intervals: bool
) -> Interval:
    places = {label: place for place, label in enumerate(PAIR_LABELS)}
    codes = [
        np.array([_NONE if one is None else places[one] for one in side], np.int32)
        for side in (first, second)
    ]
    if intervals:
        seed = int(fingerprint([one.tolist() for one in codes])[-12:], 16)
        return finite(table_interval(cohen_kappa, codes[0], codes[1], _NONE + 1, seed=seed))
    value = float(cohen_kappa(rating_table(codes[0], codes[1], _NONE + 1))) if len(codes[0]) else float("nan")
    return finite(Interval(value, None, None, ""))
