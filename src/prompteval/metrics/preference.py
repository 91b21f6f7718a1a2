"""The win rate that equal lengths would give."""

import numpy as np

from prompteval.metrics.columns import Floats
from prompteval.metrics.curves import Statistic

STEPS = 25
# Half an imagined win and half a loss at no difference in length keep the constant finite.
IMAGINED = 1.0
# A weak pull of the slope to 0, for lengths that explain every preference.
PULL = 1e-3


def equal_length_rate(preferred: Floats, longer: Floats) -> Statistic:
    """The win rate at equal length (Dubois et al. 2024, with the terms of model and length).

    `preferred` is 1 for a win, 0 for a loss, one half for a tie; `longer` is by how much the winner's output
    is the longer one, in any unit. A logistic model of the win has a constant and the tanh of the
    standardised difference; the rate is that of the constant alone. Takes weights of shape (..., n).
    """
    spread = float(longer.std()) if len(longer) else 0.0
    feature = np.tanh(longer / spread) if spread > 0.0 else np.zeros(len(longer))

    def statistic(weights: Floats) -> Floats:
        flat = weights.reshape(-1, weights.shape[-1])
        return _constants(preferred, feature, flat).reshape(weights.shape[:-1])

    return statistic


def _constants(preferred: Floats, feature: Floats, weights: Floats) -> Floats:
    """The win rate at no difference for each row of weights, by Newton's method with bounded steps."""
    constant, slope = np.zeros(len(weights)), np.zeros(len(weights))
    for _ in range(STEPS):
        odds = 1.0 / (1.0 + np.exp(-(constant[:, None] + slope[:, None] * feature)))
        centre = 1.0 / (1.0 + np.exp(-constant))
        residual = weights * (preferred - odds)
        curve = weights * odds * (1.0 - odds)
        g0 = residual.sum(1) + IMAGINED * (0.5 - centre)
        g1 = (residual * feature).sum(1) - PULL * slope
        h00 = curve.sum(1) + IMAGINED * centre * (1.0 - centre)
        h01, h11 = (curve * feature).sum(1), (curve * feature**2).sum(1) + PULL
        below = h00 * h11 - h01**2
        step0, step1 = (h11 * g0 - h01 * g1) / below, (h00 * g1 - h01 * g0) / below
        largest = np.maximum(np.maximum(np.abs(step0), np.abs(step1)), 1.0)
        constant, slope = constant + step0 / largest, slope + step1 / largest
        if float(np.abs(step0).max()) < 1e-9:
            break
    return np.asarray(1.0 / (1.0 + np.exp(-constant)), np.float64)
