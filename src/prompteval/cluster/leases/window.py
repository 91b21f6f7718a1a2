"""What counts against a limit over a minute, kept in small steps of time so that it stays cheap."""

from collections.abc import Iterator

from prompteval.engine.limits.sliding_window import MINUTE, SLACK

# Times are rounded up to this, in seconds: a unit counts a little longer than it must.
STEP = 0.25
# Two messages about one call differ in how late they are; by so many steps at most, or less is taken back.
EARLIER_STEPS = 8


class LeasedWindow:
    """At most `limit` units in any 60 s, some of them spent at a known time and some only promised.

    A unit that is promised until a time counts as if it were spent at that time; once it is known when it
    was spent, it counts from then. Times never go back.
    """

    def __init__(self, limit: float, seconds: float = MINUTE * SLACK) -> None:
        self.limit = limit
        self.seconds = seconds
        self.used = 0.0
        self._leaving: dict[int, float] = {}
        self._first = 0

    def place(self, latest: float) -> int:
        """The step after which units that are spent at `latest` or before count no more."""
        return -int(-(latest + self.seconds) // STEP)

    def put(self, latest: float, amount: float) -> int:
        """Count units that are spent at `latest` or before; the place is for `take_back`."""
        place = self.place(latest)
        self._leaving[place] = self._leaving.get(place, 0.0) + amount
        self._first = min(self._first, place)
        self.used += amount
        return place

    def take_back(self, place: int, amount: float) -> None:
        """Units put there that are not spent after all; those that left the window no longer matter."""
        held = self._leaving.get(place)
        if held is not None:
            back = min(amount, held)
            self._leaving[place] = held - back
            self.used -= back

    def take_back_earlier(self, place: int, amount: float) -> None:
        """Units of a place that is known roughly: from what is near it and leaves no later."""
        for near in range(place - EARLIER_STEPS, place - 2 * EARLIER_STEPS, -1):
            back = min(amount, self._leaving.get(near, 0.0))
            self.take_back(near, back)
            amount -= back
            if amount <= 0:
                return

    def free(self, now: float) -> float:
        """How many units may be promised now; negative after an overdraft."""
        for place in list(self._passed(now)):
            self.used -= self._leaving.pop(place)
        if not self._leaving:
            self.used = 0.0  # no rounding error outlives an empty window
        return self.limit - self.used

    def wait(self, now: float, amount: float) -> float:
        """Seconds until `amount` more fits, 0 when it does; infinity when it never will."""
        if amount > self.limit:
            return float("inf")
        over = amount - self.free(now)
        if over <= 1e-9:
            return 0.0
        for place in sorted(self._leaving):
            over -= self._leaving[place]
            if over <= 1e-9:
                return place * STEP - now
        return self.seconds

    def _passed(self, now: float) -> Iterator[int]:
        end = int(now // STEP)
        if self._first > end:
            return
        yield from (place for place in self._leaving if place <= end)
        self._first = end + 1
