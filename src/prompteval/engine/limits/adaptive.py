"""How many calls at a time a server bears: additive increase, decrease by the share that failed.

The decrease is that of DCTCP (Alizadeh et al., Data center TCP, SIGCOMM 2010, equation 2): a round in
which every call was turned away halves the level, one in which a twentieth was lowers it by a
fortieth. So a server with a few failures of its own is not taken for one that is overloaded.
"""

# One more call a round, or this share of the most allowed where that is more.
INCREASE = 0.02


class AdaptiveConcurrency:
    """Begins at the most allowed. A round is as many ends of calls as were released at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._step = max(1.0, most * INCREASE)
        self._level = float(most)
        self._ended = self._overloaded = 0

    @property
    def level(self) -> int:
        """Calls at a time, from 1 to the most allowed."""
        return int(self._level)

    def ended(self, *, overloaded: bool) -> None:
        """A call ended; `overloaded` says that the server could not bear it."""
        self._ended += 1
        self._overloaded += overloaded
        if self._ended < self.level:
            return
        if self._overloaded:
            self._level = max(self._level * (1 - self._overloaded / self._ended / 2), 1.0)
        else:
            self._level = min(self._level + self._step, float(self._most))
        self._ended = self._overloaded = 0
