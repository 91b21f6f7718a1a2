"""How many calls at a time a server bears: additive increase, multiplicative decrease.

Chiu and Jain, Analysis of the increase and decrease algorithms for congestion avoidance (1989).
"""

DECREASE = 0.7
# Calls that were on their way together fail together; that is one sign of overload, not many.
SECONDS_BETWEEN_DECREASES = 1.0


class Adaptive:
    """Begins at the most allowed; one more a round of successes, a share less at each overload."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._level = float(most)
        self._decreased = float("-inf")

    @property
    def level(self) -> int:
        """Calls at a time, from 1 to the most allowed."""
        return int(self._level)

    def succeeded(self) -> None:
        if self._level < self._most:
            self._level = min(self._level + 1.0 / self._level, self._most)

    def overloaded(self, now: float) -> None:
        if now - self._decreased >= SECONDS_BETWEEN_DECREASES:
            self._decreased = now
            self._level = max(self._level * DECREASE, 1.0)
