"""Precision and recall of one class at every threshold of the confidence in it, as a run shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PrecisionRecallCurve:
    """One class against all others.

    `points` are (recall, precision, threshold) as the threshold falls; an unusable output stands above or
    below every probability, and its threshold is None. `average_precision` is over all
    thresholds, also those without a point here. `missing` counts the cases without a confidence.
    """

    scorer: str
    label: str
    points: tuple[tuple[float, float, float | None], ...]
    average_precision: float
    n: int
    positives: int
    missing: int = 0

    def as_json(self) -> dict[str, object]:
        """One of the curves of a result in `run --json`."""
        return {
            "scorer": self.scorer, "label": self.label, "points": [list(point) for point in self.points],
            "average_precision": self.average_precision, "n": self.n, "positives": self.positives,
            "missing": self.missing,
        }  # fmt: skip


def curve_from(raw: Mapping[str, Any]) -> PrecisionRecallCurve:
    """The curve behind `as_json`."""
    points = tuple((recall, precision, threshold) for recall, precision, threshold in raw["points"])
    return PrecisionRecallCurve(
        raw["scorer"],
        raw["label"],
        points,
        raw["average_precision"],
        raw["n"],
        raw["positives"],
        raw["missing"],
    )
