"""One piece of a log file: its lines to rows, its rows to a tally; of a large log in a worker process."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, Final

from prompteval.core.prediction import PREDICTION_SCHEMA, read_time, record_from_json
from prompteval.core.strict_json import JsonObject, finite_number, loads, refuse_constant
from prompteval.monitor.block import Block
from prompteval.monitor.fields import GREATEST, Reading
from prompteval.monitor.tally import MOST_SLICES, OTHERS, Tally
from prompteval.monitor.timeline import MINUTE_S, Clock, Timeline

# Bytes that are decoded in one go.
_BLOCK: Final = 1 << 20
# A longer line is not a row; it is left out and counted.
LONGEST_LINE: Final = 20_000_000
# Places of lines that could not be read which are kept to be shown.
MOST_SHOWN: Final = 5
_OUTCOMES = frozenset(("ok", "invalid", "refused", "truncated", "filtered", "error"))
_decode = json.JSONDecoder(parse_constant=refuse_constant, parse_float=finite_number).decode


class LogSummary:
    """All that is kept of a log: the tally of its window, that of each slice, and the rows over time.

    `unread` counts lines that could not be read, `problems` has (path, byte, message) of the first. `prompts`
    counts the rows of each prompt, those of others than the one asked for too. `feedback` counts its lines,
    `newest` is the time of the newest row, in seconds since 1970.
    """

    def __init__(self) -> None:
        self.window = Tally()
        self.slices: dict[str, dict[str, Tally]] = {}
        self.timeline = Timeline()
        self.unread = 0
        self.feedback = 0
        self.problems: list[tuple[str, int, str]] = []
        self.prompts: dict[str, int] = {}
        self.newest: float | None = None

    @property
    def prompt_names(self) -> list[str]:
        """The prompts that have rows, without their versions, sorted."""
        return sorted({name.partition("@")[0] for name in self.prompts})

    def add(self, found: Sequence[tuple[JsonObject, int]], reading: Reading) -> None:
        """Count rows that hold what a prediction must have, each with the number of its minute."""
        for name, count in Counter([row["prompt"] for row, _ in found]).items():
            self.prompts[name] = self.prompts.get(name, 0) + count
        if reading.prompt:
            found = [one for one in found if one[0]["prompt"].partition("@")[0] == reading.prompt]
        if not found:
            return
        block = Block.of([row for row, _ in found], [minute for _, minute in found], reading)
        self.timeline.add(block, reading)
        self._note_newest(block)
        inside = block if reading.since is None else block.chosen(_inside(block, reading))
        if not inside.rows:
            return
        self.window.add(inside, reading)
        for name in reading.slices:
            values = self.slices.setdefault(name, {})
            for value, part in inside.by_slice(name).items():
                known = value in values or len(values) < MOST_SLICES
                values.setdefault(value if known else OTHERS, Tally()).add(part, reading)

    def _note_newest(self, block: Block) -> None:
        """Keep the time of the newest row: one of the block's last minute."""
        last = max(block.minutes)
        if self.newest is None or (last + 1) * MINUTE_S > self.newest:
            rows = zip(block.rows, block.minutes, strict=True)
            self.newest = max(
                [self.newest or 0.0, *(read_time(row["time"]) for row, minute in rows if minute == last)]
            )

    def note(self, path: str, place: int, message: str) -> None:
        """Count a line that cannot be read."""
        self.unread += 1
        if len(self.problems) < MOST_SHOWN:
            self.problems.append((path, place, message))

    def merge(self, other: "LogSummary") -> None:
        """Count what another has counted."""
        self.window.merge(other.window)
        for name, values in other.slices.items():
            own = self.slices.setdefault(name, {})
            for value, tally in values.items():
                known = value in own or len(own) < MOST_SLICES
                own.setdefault(value if known else OTHERS, Tally()).merge(tally)
        self.timeline.merge(other.timeline)
        self.unread += other.unread
        self.feedback += other.feedback
        self.problems = [*self.problems, *other.problems][:MOST_SHOWN]
        for prompt, count in other.prompts.items():
            self.prompts[prompt] = self.prompts.get(prompt, 0) + count
        times = [time for time in (self.newest, other.newest) if time is not None]
        self.newest = max(times) if times else None

    def as_json(self) -> list[object]:
        """What `from_json` reads."""
        slices = {
            name: {value: tally.as_json() for value, tally in values.items()}
            for name, values in self.slices.items()
        }
        head = [self.unread, self.feedback, self.problems, self.prompts, self.newest]
        return [self.window.as_json(), slices, self.timeline.as_json(), head]

    @classmethod
    def from_json(cls, raw: Sequence[Any]) -> "LogSummary":
        """The summary behind `as_json`."""
        found = cls()
        window, slices, timeline, head = raw
        found.unread, found.feedback, problems, found.prompts, found.newest = head
        found.window = Tally.from_json(window)
        found.slices = {
            name: {value: Tally.from_json(one) for value, one in values.items()}
            for name, values in slices.items()
        }
        found.timeline = Timeline.from_json(timeline)
        found.problems = [(str(path), int(place), str(message)) for path, place, message in problems]
        return found


def _inside(block: Block, reading: Reading) -> list[int]:
    """The places of the rows within the window; only times of its first minute are read exactly."""
    since = reading.since or 0.0
    first = since // MINUTE_S
    return [
        place
        for place, minute in enumerate(block.minutes)
        if minute > first or (minute == first and read_time(block.rows[place]["time"]) >= since)
    ]


def scan_piece(path: str, start: int, end: int, reading: dict[str, Any]) -> list[object]:
    """The summary of the lines of a file that begin from `start` up to before `end`, as JSON values."""
    asked = reading_from(reading)
    summary, clock = LogSummary(), Clock()
    with Path(path).open("rb") as file:
        scan(summary, file, path, (start, end), asked, clock)
    return summary.as_json()


def reading_json(reading: Reading) -> dict[str, Any]:
    """A reading as the argument of `scan_piece`."""
    return asdict(reading)


def reading_from(raw: dict[str, Any]) -> Reading:
    """The reading behind `reading_json`."""
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()
    }
    return Reading(**values)


def scan(
    summary: LogSummary,
    file: BinaryIO,
    path: str,
    bounds: tuple[int, int | None],
    reading: Reading,
    clock: Clock,
) -> None:
    """Add the lines that begin within `bounds`, in bytes; None is the file's end."""
    start, end = bounds
    place = start
    if start:
        file.seek(start - 1)
        place = start - 1 + len(file.readline())
    while end is None or place < end:
        lines = file.readlines(_BLOCK if end is None else min(_BLOCK, max(end - place, 1)))
        if not lines:
            return
        if end is not None and place + sum(map(len, lines[:-1])) >= end:
            lines.pop()  # the hint was met to the byte, and one line more was read
        summary.add(list(_rows(summary, lines, path, place, clock)), reading)
        place += sum(map(len, lines))


def add_lines(summary: LogSummary, lines: Sequence[bytes], path: str, reading: Reading, clock: Clock) -> None:
    """Add a group of lines, which have no place in a file."""
    summary.add(list(_rows(summary, lines, path, 0, clock)), reading)


def _rows(
    summary: LogSummary, lines: Sequence[bytes], path: str, place: int, clock: Clock
) -> Iterator[tuple[JsonObject, int]]:
    """The predictions of some lines, each with its minute."""
    for line, value in zip(lines, _values(lines), strict=True):
        minute = _minute(value, clock) if isinstance(value, dict) else value
        if isinstance(minute, int) and isinstance(value, dict):
            yield value, minute
        elif isinstance(value, dict) and value.get("feedback") is True and "request_id" in value:
            summary.feedback += 1
        elif line.strip():
            summary.note(path, place, str(minute))
        place += len(line)


def _values(lines: Sequence[bytes]) -> Iterable[object]:
    """The JSON value of each line, decoded together, or one by one where a line is wrong.

    Where it has none, a text that says what is wrong with it.
    """
    try:
        values = _decode(f"[{b','.join(lines).decode('utf-8')}]")
        if isinstance(values, list) and len(values) == len(lines):
            return values
    except (ValueError, RecursionError):
        pass
    return [_one(line) for line in lines]


def _one(line: bytes) -> object:
    if len(line) > LONGEST_LINE:
        return f"the line is longer than {LONGEST_LINE:,} bytes"
    try:
        found = loads(line)
    except UnicodeDecodeError as error:
        return f"byte 0x{line[error.start]:02x} is not UTF-8"
    except ValueError as error:
        return f"not JSON: {error}"
    return found if isinstance(found, dict) else "not a JSON object"


def _minute(row: JsonObject, clock: Clock) -> int | str:
    """The minute of a prediction whose columns can be read; what is wrong where it is none."""
    try:
        if (
            row["outcome"] in _OUTCOMES
            and 0 <= row["latency_ms"] < GREATEST
            and row["latency_ms"].__class__ is not bool
            and row["prompt"].__class__ is str
            and row["request_id"].__class__ is str
            and row.get("schema", PREDICTION_SCHEMA) == PREDICTION_SCHEMA
        ):
            return clock.minute(row["time"])
    except (KeyError, TypeError, ValueError):
        pass
    try:
        record_from_json(row)
    except ValueError as error:
        return str(error)
    return f"latency_ms must be a number from 0 to {GREATEST:g}, not {row.get('latency_ms')!r:.40}"
