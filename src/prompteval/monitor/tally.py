"""What is kept of logged rows: counts, sketches and a sample, which can be added up in any order."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from prompteval.core.strict_json import JsonObject
from prompteval.monitor.block import Block
from prompteval.monitor.fields import (
    GREATEST,
    LONGEST_CLASS,
    Reading,
    input_length,
    input_text,
    input_value,
    logged_language,
    slice_value,
)
from prompteval.monitor.groups import ClusterGroups
from prompteval.monitor.names import AskedNames
from prompteval.monitor.sample import TextSample
from prompteval.monitor.sketch import NumberSketch

# Classes, words of an input and values of a slice that are counted apart; the others are counted as one.
MOST_NAMES: Final = 1_000
MOST_SLICES: Final = 50
OTHERS: Final = "(others)"


def add_named(into: Counter[str], names: Iterable[str], most: int = MOST_NAMES) -> None:
    """Count names; those beyond `most` different ones together."""
    merge_counts(into, Counter(names), most)


class Tally:
    """The rows of one log, or of one slice of it.

    `failed` has the rows whose call failed; `slow` those over each limit of the reading; `timed` those with a
    latency. `numbers` and `words` have the values of each feature, `confidence` those of answers.
    """

    def __init__(self) -> None:
        self.rows = 0
        self.failed = 0
        self.timed = 0
        self.slow: Counter[float] = Counter()
        self.classes: Counter[str] = Counter()
        self.latency = NumberSketch()
        self.confidence = NumberSketch()
        self.numbers: dict[str, NumberSketch] = {}
        self.words: dict[str, Counter[str]] = {}
        self.groups = ClusterGroups()
        self.sample = TextSample()
        self.names = AskedNames()

    def add(self, block: Block, reading: Reading) -> None:
        """Count the rows of a block."""
        self.rows += len(block.rows)
        add_named(self.classes, block.classes)
        self.failed += sum(block.failed)
        self.names.add(block.rows, reading, MOST_NAMES)
        self.timed += len(block.latencies)
        self.latency.add(block.latencies)
        for limit in reading.slow_ms:
            self.slow[limit] += sum([latency > limit for latency in block.latencies])
        if reading.confidence:
            found = [row.get("confidence") for row in block.rows if row["outcome"] == "ok"]
            self.confidence.add([float(one) for one in found if isinstance(one, int | float)])
        self._add_features(block.rows, reading)
        if reading.cluster:
            kinds = {"class": block.classes, "failed": [str(failed) for failed in block.failed]}
            for limit in reading.slow_ms:
                kinds[f"slow {limit:g}"] = [str(latency > limit) for latency in block.latencies]
            self.groups.add([slice_value(row, reading.cluster) for row in block.rows], kinds)

    def _add_features(self, rows: Sequence[JsonObject], reading: Reading) -> None:
        if "length" in reading.features:
            lengths = [length for row in rows if (length := input_length(row)) is not None]
            self.numbers.setdefault("length", NumberSketch()).add(lengths)
        for name in reading.own_features:
            found = [value for row in rows if (value := input_value(row, name)) is not None]
            values = [str(value).lower() if isinstance(value, bool) else value for value in found]
            numbers = [float(v) for v in values if isinstance(v, int | float) and abs(v) < GREATEST]
            if numbers:
                self.numbers.setdefault(name, NumberSketch()).add(numbers)
            words = [v[:LONGEST_CLASS] for v in values if isinstance(v, str)]
            if words:
                add_named(self.words.setdefault(name, Counter()), words)
        if "language" in reading.features:
            logged = [language for row in rows if (language := logged_language(row))]
            if logged:
                add_named(self.words.setdefault("language", Counter()), logged)
        if reading.sampled:
            texts = [(row["request_id"], text) for row in rows if (text := input_text(row))]
            self.sample.add([one for one, _ in texts], [text for _, text in texts])

    def merge(self, other: "Tally") -> None:
        """Count what another has counted."""
        self.rows += other.rows
        self.failed += other.failed
        self.timed += other.timed
        self.slow.update(other.slow)
        merge_counts(self.classes, other.classes)
        for name, words in other.words.items():
            merge_counts(self.words.setdefault(name, Counter()), words)
        self.latency.merge(other.latency)
        self.confidence.merge(other.confidence)
        for name, sketch in other.numbers.items():
            self.numbers.setdefault(name, NumberSketch()).merge(sketch)
        self.groups.merge(other.groups)
        self.sample.merge(other.sample)
        self.names.merge(other.names)

    def as_json(self) -> list[object]:
        """What `from_json` reads; a worker's answer."""
        return [
            [self.rows, self.failed, self.timed],
            list(self.slow.items()),
            self.classes,
            [self.latency.as_json(), self.confidence.as_json()],
            {name: sketch.as_json() for name, sketch in self.numbers.items()},
            self.words,
            self.groups.as_json(),
            self.sample.as_json(),
            self.names.as_json(),
        ]

    @classmethod
    def from_json(cls, raw: Sequence[Any]) -> "Tally":
        """The tally behind `as_json`."""
        found = cls()
        counts, slow, classes, latency, numbers, words, groups, sample, names = raw
        found.rows, found.failed, found.timed = counts
        found.slow = Counter({float(limit): count for limit, count in slow})
        found.classes = Counter(classes)
        found.latency, found.confidence = (NumberSketch.from_json(one) for one in latency)
        found.numbers = {name: NumberSketch.from_json(one) for name, one in numbers.items()}
        found.words = {name: Counter(one) for name, one in words.items()}
        found.groups = ClusterGroups.from_json(groups)
        found.sample = TextSample.from_json(sample)
        found.names = AskedNames.from_json(names)
        return found


def merge_counts(into: Counter[str], more: Counter[str], most: int = MOST_NAMES) -> None:
    """Add counts of names; names beyond `most` different ones together."""
    for name, count in more.items():
        known = name in into or len(into) < most
        into[name if known else OTHERS] += count
