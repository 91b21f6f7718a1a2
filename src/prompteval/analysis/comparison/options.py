"""What a comparison was asked to do."""

from collections.abc import Mapping
from dataclasses import dataclass

from prompteval.stats.paired.values import ALPHA


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """Limits that hold for every metric; None takes the suite's, else the default.

    `suites` are the suites to compare, all when empty; `removed` those that B lacks on purpose.
    `inconclusive_fails` makes doubt exit 4.
    """

    suites: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    min_effect: float | None = None
    margin: float | None = None
    alpha: float | None = None
    inconclusive_fails: bool = False

    def limits(self, effects: Mapping[str, float]) -> tuple[float, float | None, float | None]:
        """(alpha, min_effect or None where nobody says, margin or None) of one metric.

        `effects` are what the suite's own gate says of it.
        """
        alpha = self.alpha if self.alpha is not None else effects.get("alpha", ALPHA)
        least = self.min_effect if self.min_effect is not None else effects.get("min_effect")
        margin = self.margin if self.margin is not None else effects.get("margin")
        return alpha, least, margin
