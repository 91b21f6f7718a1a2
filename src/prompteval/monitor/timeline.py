"""Rows over time: by minute for error budgets, by hour for the charts of a report."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from prompteval.core.prediction import read_time
from prompteval.monitor.block import Block
from prompteval.monitor.fields import Reading
from prompteval.monitor.tally import merge_counts
from prompteval.stats.drift.burn import LONGEST_S

MINUTE_S, HOUR_S = 60, 3_600
# Hours of a log that charts can show, a year; older ones are left out.
MOST_HOURS: Final = 8_784
_LOWEST: Final = -100_000  # the step of 0 ms
# Steps of a factor of two in the latencies of an hour, which a chart shows.
_STEPS: Final = 16
# Classes counted apart within an hour.
_MOST_CLASSES: Final = 50


@dataclass(slots=True)
class Hour:
    """The rows of one hour; `latency` counts them by step of a grid."""

    rows: int = 0
    failed: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    latency: Counter[int] = field(default_factory=Counter)

    def percentile(self, q: float) -> float | None:
        """The q-quantile of the latency in ms, to a twentieth of itself; None without rows."""
        total, seen = sum(self.latency.values()), 0
        for step in sorted(self.latency):
            seen += self.latency[step]
            if seen >= q * total:
                power, part = divmod(step, _STEPS)
                return 2.0**power * (1.0 + (part + 0.5) / _STEPS) if step > _LOWEST else 0.0
        return None


class Timeline:
    """The rows by hour and, for the longest window of an error budget, by minute.

    `minutes` has [rows, failed, slow by each limit]; the number of a minute or an hour is that since 1970.
    """

    def __init__(self) -> None:
        self.minutes: dict[int, list[int]] = {}
        self.hours: dict[int, Hour] = {}
        self.first: float | None = None
        self.last: float | None = None

    def add(self, block: Block, reading: Reading) -> None:
        """Count the rows of a block."""
        columns = 2 + len(reading.slow_ms)
        failed = [minute for minute, wrong in zip(block.minutes, block.failed, strict=True) if wrong]
        kinds = [block.minutes, failed]
        for limit in reading.slow_ms:
            kinds.append([m for m, ms in zip(block.minutes, block.latencies, strict=True) if ms > limit])
        for column, found in enumerate(kinds):
            for minute, count in Counter(found).items():
                self.minutes.setdefault(minute, [0] * columns)[column] += count
        self._add_hours(block, [minute // 60 for minute in failed])
        self._note(block.minutes)

    def _add_hours(self, block: Block, failed: Sequence[int]) -> None:
        hours = [minute // 60 for minute in block.minutes]
        for number, count in Counter(hours).items():
            self.hours.setdefault(number, Hour()).rows += count
        for number, count in Counter(failed).items():
            self.hours[number].failed += count
        for (number, name), count in Counter(zip(hours, block.classes, strict=True)).items():
            merge_counts(self.hours[number].classes, Counter({name: count}), _MOST_CLASSES)
        steps = _steps(block.latencies)
        for (number, step), count in Counter(zip(hours, steps, strict=True)).items():
            self.hours[number].latency[step] += count

    def _note(self, minutes: Sequence[int]) -> None:
        if minutes:
            self._widen(min(minutes) * MINUTE_S, max(minutes) * MINUTE_S)

    def _widen(self, first: float | None, last: float | None) -> None:
        if first is not None and last is not None:
            self.first = first if self.first is None else min(self.first, first)
            self.last = last if self.last is None else max(self.last, last)
            self._trim()

    def _trim(self) -> None:
        """Drop what no window and no chart reads."""
        if self.last is None:
            return
        oldest = int(self.last - LONGEST_S) // MINUTE_S - 1
        if len(self.minutes) > 2 * LONGEST_S // MINUTE_S:
            self.minutes = {number: counts for number, counts in self.minutes.items() if number >= oldest}
        if len(self.hours) > MOST_HOURS:
            kept = sorted(self.hours)[-MOST_HOURS:]
            self.hours = {number: self.hours[number] for number in kept}

    def merge(self, other: "Timeline") -> None:
        """Count what another has counted."""
        for number, counts in other.minutes.items():
            own = self.minutes.setdefault(number, [0] * len(counts))
            self.minutes[number] = [a + b for a, b in zip(own, counts, strict=True)]
        for number, hour in other.hours.items():
            mine = self.hours.setdefault(number, Hour())
            mine.rows += hour.rows
            mine.failed += hour.failed
            merge_counts(mine.classes, hour.classes, _MOST_CLASSES)
            mine.latency.update(hour.latency)
        self._widen(other.first, other.last)

    def budget(self, column: int) -> Mapping[int, tuple[int, int]]:
        """(rows, failures) by minute; `column` 1 is errors, from 2 on the limits of the reading."""
        return {number: (counts[0], counts[column]) for number, counts in self.minutes.items()}

    def as_json(self) -> list[object]:
        hours = [
            [number, hour.rows, hour.failed, hour.classes, list(hour.latency.items())]
            for number, hour in self.hours.items()
        ]
        return [list(self.minutes.items()), hours, self.first, self.last]

    @classmethod
    def from_json(cls, raw: Sequence[Any]) -> "Timeline":
        found = cls()
        minutes, hours, found.first, found.last = raw
        found.minutes = {int(number): list(counts) for number, counts in minutes}
        found.hours = {
            int(number): Hour(rows, failed, Counter(classes), Counter(dict(latency)))
            for number, rows, failed, classes, latency in hours
        }
        return found


def _steps(latencies: Sequence[float]) -> list[int]:
    """The step of each latency: the power of two below it, and sixteenths above that."""
    mantissa, exponent = np.frexp(np.asarray(latencies, np.float64))
    steps = (exponent.astype(np.int64) - 1) * _STEPS + ((mantissa * 2.0 - 1.0) * _STEPS).astype(np.int64)
    found: list[int] = np.where(mantissa <= 0.0, _LOWEST, steps).tolist()
    return found


class Clock:
    """Minutes of times as a log has them; each different minute is read once."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def minute(self, text: str) -> int:
        """The number of the minute since 1970. Raises ValueError for what is not a time with its zone."""
        if text[-1:] != "Z":
            return int(read_time(text) // MINUTE_S)
        found = self._known.get(text[:16])
        if found is None:
            found = int(read_time(text) // MINUTE_S)
            if len(self._known) > 100_000:
                self._known.clear()
            self._known[text[:16]] = found
        return found
