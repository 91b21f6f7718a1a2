"""The seam between the log and where it is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from prompteval.core.prediction import LogRecord


@dataclass(frozen=True, slots=True)
class LogLine:
    """A record with its one JSON form, `text`, which has no line's end."""

    record: LogRecord
    text: str


class PredictionSink(Protocol):
    """Takes lines in groups, in one thread. A method may take long, and raise OSError or StoreError."""

    def write(self, lines: Sequence[LogLine]) -> None:
        """All of the lines; or an exception and none of them, which are then handed in again."""
        ...

    def remove_before(self, time: float) -> None:
        """Remove what is older than a time, in seconds since 1970, as far as the sink can."""
        ...

    def close(self) -> None:
        """Bring to disk what is there, and close it. Safe to call twice."""
        ...
