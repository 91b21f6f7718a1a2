"""Rows with feedback: the label or score that came later, joined to the row by its request id."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from prompteval.core.prediction import Feedback, Prediction, record_of_line
from prompteval.core.strict_json import loads
from prompteval.monitor.fields import Reading, class_of, named_class
from prompteval.monitor.lines import part_lines
from prompteval.monitor.log_files import log_parts
from prompteval.monitor.sample import place_of

# Feedback that is held while rows are read; of more, a sample by request id is used.
MOST_FEEDBACK: Final = 1_000_000
_ID = re.compile(rb'"request_id"\s*:\s*"((?:[^"\\]|\\.)*)"')
_MARK = b'"feedback"'
_BLOCK = 1 << 20


@dataclass(slots=True)
class LabelledRows:
    """What feedback says of rows: (expected, predicted) classes with counts, and scores.

    `predicted` counts the rows of each predicted class that have feedback, `confident` has (confidence,
    whether it was right) of labelled answers. `sampled` is the share of the feedback that was used.
    """

    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    scores: list[float] = field(default_factory=list)
    predicted: Counter[str] = field(default_factory=Counter)
    confident: list[tuple[float, bool]] = field(default_factory=list)
    sampled: float = 1.0

    def add(
        self, expected: str | None, predicted: str, score: float | None, confidence: float | None = None
    ) -> None:
        """Count one row with its label, its score, or both."""
        self.predicted[predicted] += 1
        if expected is not None and confidence is not None:
            self.confident.append((confidence, expected == predicted))
        if expected is not None:
            self.pairs[expected, predicted] += 1
        if score is not None:
            self.scores.append(score)


def labelled_rows(name: str, reading: Reading) -> LabelledRows:
    """The rows of a log's window that have feedback, of the prompt that is read. The last feedback counts."""
    feedback, share = log_feedback(name)
    found = LabelledRows(sampled=share)
    if not feedback:
        return found
    for row, raw in _rows_with(name, feedback):
        said = feedback[row.request_id]
        if reading.prompt and row.prompt.partition("@")[0] != reading.prompt:
            continue
        if reading.since is not None and row.time < reading.since:
            continue
        label = None if said.label is None else label_class(said.label, reading.field)
        found.add(label, class_of(raw, reading.field), said.score, row.confidence)
    return found


def label_class(label: object, field: str) -> str:
    """A label as the name of a class; one that is an object is read as an output is."""
    return named_class(label, field if isinstance(label, Mapping) else "")


def log_lines(name: str) -> Iterator[bytes]:
    """Every line of a log's parts; a packed file ends where it is damaged."""
    for part in log_parts(name):
        yield from part_lines(part)


def log_feedback(name: str) -> tuple[dict[str, Feedback], float]:
    """(feedback by request id, the share of it that is held)."""
    found: dict[str, Feedback] = {}
    below = 2**32
    for line in log_lines(name):
        if _MARK not in line:
            continue
        try:
            record = record_of_line(line)
        except ValueError:
            continue
        if isinstance(record, Feedback) and place_of(record.request_id, 0) < below:
            found[record.request_id] = record
            if len(found) > MOST_FEEDBACK:
                below //= 2
                found = {one: said for one, said in found.items() if place_of(one, 0) < below}
    return found, below / 2**32


def _rows_with(name: str, feedback: Mapping[str, Feedback]) -> Iterator[tuple[Prediction, dict[str, Any]]]:
    """The predictions that feedback is of, each once, with its JSON."""
    wanted = {one.encode() for one in feedback if one.isascii()}
    odd = len(wanted) < len(feedback)
    seen: set[str] = set()
    for line in log_lines(name):
        if not odd:
            match = _ID.search(line)
            if match is None or match[1] not in wanted:
                continue
        try:
            record = record_of_line(line)
        except ValueError:
            continue
        if isinstance(record, Prediction) and record.request_id in feedback and record.request_id not in seen:
            seen.add(record.request_id)
            yield record, loads(line)
