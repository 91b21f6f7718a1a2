"""Some rows of a log as columns, so that what is read of a row is read once."""

from collections.abc import Sequence
from dataclasses import dataclass

from prompteval.core.strict_json import JsonObject
from prompteval.monitor.fields import Reading, class_of, slice_value

ERROR = "error"


@dataclass(frozen=True, slots=True)
class Block:
    """Rows with what every signal reads of them; all columns have one length.

    `minutes` are the numbers of their minutes since 1970, `failed` says whose call failed.
    """

    rows: Sequence[JsonObject]
    minutes: Sequence[int]
    classes: Sequence[str]
    latencies: Sequence[float]
    failed: Sequence[bool]

    @classmethod
    def of(cls, rows: Sequence[JsonObject], minutes: Sequence[int], reading: Reading) -> "Block":
        field = reading.field
        return cls(
            rows,
            minutes,
            [class_of(row, field) for row in rows],
            [row["latency_ms"] for row in rows],
            [row["outcome"] == ERROR for row in rows],
        )

    def chosen(self, places: Sequence[int]) -> "Block":
        """The rows at these places."""
        return Block(
            [self.rows[place] for place in places],
            [self.minutes[place] for place in places],
            [self.classes[place] for place in places],
            [self.latencies[place] for place in places],
            [self.failed[place] for place in places],
        )

    def by_slice(self, name: str) -> dict[str, "Block"]:
        """The rows of each value of a slice."""
        places: dict[str, list[int]] = {}
        for place, row in enumerate(self.rows):
            places.setdefault(slice_value(row, name), []).append(place)
        return {value: self.chosen(found) for value, found in places.items()}
