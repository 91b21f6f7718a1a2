"""The alternative annotator test (Calderon, Reichart and Dror 2025): may a judge replace an annotator?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prompteval.stats.distributions import t_cdf
from prompteval.stats.judged.alpha import Level, Rating

FEWEST_ITEMS = 30
LEVEL = 0.05
# What a judge may be worse by, for what it saves (epsilon of the paper), by who the annotators are.
EPSILON = {"experts": 0.2, "skilled": 0.15, "crowd": 0.1}
WINS = 0.5


@dataclass(frozen=True, slots=True)
class AnnotatorTest:
    """One annotator left out: how often the judge is as near to the others, and the p of the test."""

    annotator: str
    items: int
    advantage: float
    p: float
    won: bool = False


@dataclass(frozen=True, slots=True)
class AltTest:
    """The test over all annotators with enough items.

    `winning_rate` is the share of them that the judge beats, `advantage` the mean share of items on which
    it is as near to the others as the one left out. `passed` where it beats half or more.
    """

    epsilon: float
    annotators: tuple[AnnotatorTest, ...]

    @property
    def winning_rate(self) -> float:
        return sum(one.won for one in self.annotators) / len(self.annotators)

    @property
    def advantage(self) -> float:
        return sum(one.advantage for one in self.annotators) / len(self.annotators)

    @property
    def passed(self) -> bool:
        return self.winning_rate >= WINS


def alt_test(
    judge: Mapping[str, Rating],
    people: Mapping[str, Mapping[str, Rating]],
    *,
    epsilon: float,
    level: Level = "nominal",
    fewest: int = FEWEST_ITEMS,
) -> AltTest | None:
    """The test of a judge's ratings of items against those of each annotator.

    An item counts where two annotators or more and the judge rated it, an annotator where `fewest` items
    count. Ratings are as near as they are equal to those of the other annotators, on an interval scale as
    the root of the mean squared difference is small; a tie counts for both. None where nobody can be tested.
    """
    found = [
        tested
        for annotator in sorted(people)
        if (tested := _left_out(annotator, judge, people, epsilon, level, fewest)) is not None
    ]
    if not found:
        return None
    won = rejected([one.p for one in found])
    return AltTest(
        epsilon,
        tuple(
            AnnotatorTest(one.annotator, one.items, one.advantage, one.p, is_won)
            for one, is_won in zip(found, won, strict=True)
        ),
    )


def _left_out(
    annotator: str,
    judge: Mapping[str, Rating],
    people: Mapping[str, Mapping[str, Rating]],
    epsilon: float,
    level: Level,
    fewest: int,
) -> AnnotatorTest | None:
    judge_as_near, person_as_near = [], []
    for item, own in people[annotator].items():
        others = [ratings[item] for name, ratings in people.items() if name != annotator and item in ratings]
        if not others or item not in judge:
            continue
        of_judge, of_person = _nearness(judge[item], others, level), _nearness(own, others, level)
        judge_as_near.append(of_judge >= of_person)
        person_as_near.append(of_person >= of_judge)
    if len(judge_as_near) < max(fewest, 2):
        return None
    wins = np.asarray(judge_as_near, np.float64)
    p = _below(np.asarray(person_as_near, np.float64) - wins, epsilon)
    return AnnotatorTest(annotator, len(wins), float(wins.mean()), p)


def _nearness(rating: Rating, others: Sequence[Rating], level: Level) -> float:
    if level == "nominal":
        return sum(rating == other for other in others) / len(others)
    return -math.sqrt(sum((float(rating) - float(other)) ** 2 for other in others) / len(others))


def _below(values: NDArray[np.float64], bound: float) -> float:
    """p of the one-sided t-test that the mean of the values is below a bound."""
    spread = float(values.std(ddof=1)) / math.sqrt(len(values))
    difference = float(values.mean()) - bound
    if spread == 0.0:
        return 0.0 if difference < 0 else 1.0
    return t_cdf(difference / spread, len(values) - 1)


def rejected(p: Sequence[float], level: float = LEVEL) -> list[bool]:
    """Which hypotheses fall under Benjamini and Yekutieli (2001), which holds for any dependence."""
    count = len(p)
    allowed = level / sum(1.0 / rank for rank in range(1, count + 1))
    ordered = sorted(range(count), key=lambda place: p[place])
    last = max(
        (rank for rank, place in enumerate(ordered, 1) if p[place] <= allowed * rank / count), default=0
    )
    fallen = set(ordered[:last])
    return [place in fallen for place in range(count)]
