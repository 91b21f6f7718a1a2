"""A limit over a sliding window of time, exact to the last entry."""

from collections import deque

MINUTE = 60.0
# A request arrives a little after it was released, and the delays differ. The window
# is held this much longer than the server's, so that what we keep apart does not meet there.
SLACK = 1.02


class SlidingWindow:
    """At most `limit` units in any `seconds`. Times are the caller's own clock, never going back.

    Units are counted from when they are taken. `settle` corrects an estimate to what was used; use
    beyond the estimate can pass the limit, which is then paid back before anything else is released.
    """

    def __init__(self, limit: float, seconds: float = MINUTE * SLACK) -> None:
        self.limit = limit
        self._seconds = seconds
        self._used = 0.0
        self._taken: deque[list[float]] = deque()

    def wait(self, now: float, amount: float) -> float:
        """Seconds until `amount` more fits; 0 when it fits now, infinity when it never will."""
        if amount > self.limit:
            return float("inf")
        self._forget(now)
        over = self._used + amount - self.limit
        if over <= 0:
            return 0.0
        for time, units in self._taken:
            over -= units
            if over <= 0:
                return time + self._seconds - now
        return self._seconds

    def take(self, now: float, amount: float) -> list[float]:
        """Count `amount` from now on; what is returned is for `settle`."""
        entry = [now, amount]
        self._taken.append(entry)
        self._used += amount
        return entry

    def settle(self, entry: list[float], amount: float) -> None:
        """Correct what an entry counts for. One that left the window no longer matters."""
        self._used += amount - entry[1]
        entry[1] = amount

    def _forget(self, now: float) -> None:
        taken = self._taken
        while taken and taken[0][0] + self._seconds <= now:
            self._used -= taken.popleft()[1]
        if not taken:
            self._used = 0.0  # no rounding error outlives an empty window
