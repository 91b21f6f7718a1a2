"""Krippendorff's alpha among any number of raters who did not rate everything."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

Level = Literal["nominal", "interval"]
Rating = str | float


def krippendorff_alpha(units: Sequence[Sequence[Rating]], level: Level) -> float | None:
    """Alpha (Krippendorff 2011) of the ratings of each unit; units with fewer than two do not count.

    `nominal` counts unequal ratings, `interval` squared differences. None where nothing is rated twice, or
    where all ratings are equal.
    """
    paired = [unit for unit in units if len(unit) > 1]
    ratings = [rating for unit in paired for rating in unit]
    if not ratings:
        return None
    between = _disagreement(ratings, level) / (len(ratings) - 1)
    within = sum(_disagreement(unit, level) / (len(unit) - 1) for unit in paired)
    return None if between == 0 else 1.0 - within / between


def _disagreement(ratings: Sequence[Rating], level: Level) -> float:
    """The sum of the differences of all ordered pairs."""
    n = len(ratings)
    if level == "interval":
        values = np.asarray(ratings, np.float64)
        centred = values - values.mean()
        return float(2.0 * n * np.sum(centred**2))
    counts: dict[Rating, int] = {}
    for rating in ratings:
        counts[rating] = counts.get(rating, 0) + 1
    return float(n * n - sum(count * count for count in counts.values()))


def units_of(ratings: Mapping[str, Mapping[str, Rating]]) -> list[list[Rating]]:
    """The ratings of each item, from those of each rater."""
    items: dict[str, list[Rating]] = {}
    for rater in sorted(ratings):
        for item, rating in ratings[rater].items():
            items.setdefault(item, []).append(rating)
    return [items[item] for item in sorted(items)]
