"""A whole log to one summary, by several processes where it is large."""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from prompteval.core.errors import UsageError
from prompteval.core.prediction import Prediction, record_as_json, record_of_line
from prompteval.core.strict_json import JsonObject
from prompteval.isolate.pieces import over_pieces
from prompteval.monitor.fields import Reading
from prompteval.monitor.lines import LogPart, PostgresLog, grouped, is_database, is_packed, part_lines
from prompteval.monitor.log_files import Piece, log_parts, pieces_of
from prompteval.monitor.scan import LogSummary, add_lines, reading_json, scan
from prompteval.monitor.timeline import Clock
from prompteval.store.predictions import POSTGRES
from prompteval.workspace.packed import PackedFault, unpacked

# A log up to this size is read by this process alone; a larger one in pieces.
READ_ALONE: Final = 50_000_000
PIECE_SIZE: Final = 50_000_000
PIECE_SECONDS: Final = 600.0
MOST_WORKERS: Final = 8
_TAIL: Final = 1 << 20
# Lines of a packed file or a database that are held to find its last rows.
_MOST_BACKWARDS: Final = 1_000_000
# Rows at the end of each file among which the newest is.
_NEWEST_AMONG: Final = 1_000


def read_log(name: str, reading: Reading, *, workers: int | None = None) -> LogSummary:
    """The summary of a log: a file, a pattern of files, packed or not, or a database.

    Raises UsageError where no file is there or no line of it is a prediction.
    """
    pieces = pieces_of(log_parts(name), PIECE_SIZE)
    if reading.oldest is not None:
        pieces = [_from(piece, reading.oldest) for piece in pieces]
    total = sum((piece.end or 0) - piece.start for piece in pieces)
    summary, clock = LogSummary(), Clock()
    plain = [piece for piece in pieces if piece.end is not None]
    several = total > READ_ALONE
    for piece in pieces if not several else [piece for piece in pieces if piece.end is None]:
        _scan(summary, piece, reading, clock)
    if several:
        arguments = [[str(one.part), one.start, one.end, reading_json(reading)] for one in plain]
        found = over_pieces(
            "prompteval.monitor.scan:scan_piece",
            arguments,
            workers=workers or min(os.cpu_count() or 1, MOST_WORKERS),
            timeout_s=PIECE_SECONDS,
        )
        for part in found:
            summary.merge(LogSummary.from_json(part))
    if not summary.prompts:
        if not summary.problems:
            raise UsageError(f"log {name}: there is no prediction in it yet")
        raise UsageError(f"log {name}: no line is a prediction; {first_problem(summary)}")
    return summary


def _scan(summary: LogSummary, piece: Piece, reading: Reading, clock: Clock) -> None:
    part = piece.part
    if isinstance(part, PostgresLog) or is_database(part):
        for lines in grouped(part_lines(part, reading.oldest)):
            add_lines(summary, lines, str(part), reading, clock)
        return
    with closing(unpacked(part.open("rb"))) as file:
        try:
            scan(summary, file, str(part), (piece.start, piece.end), reading, clock)
        except PackedFault as error:
            summary.note(str(part), 0, str(error))


def _from(piece: Piece, oldest: float) -> Piece:
    """The part of a piece from about the first row of a time on: lines are in the order of their times."""
    if isinstance(piece.part, PostgresLog) or piece.end is None or piece.end - piece.start < _TAIL:
        return piece
    with piece.part.open("rb") as file:
        start, end = piece.start, piece.end
        while end - start > _TAIL:
            middle = (start + end) // 2
            time = _time_after(file, middle)
            start, end = (middle, end) if time is not None and time < oldest else (start, middle)
    return replace(piece, start=start)


def _time_after(file: BinaryIO, place: int) -> float | None:
    """The time of the first prediction that begins after a byte; None where a thousand lines have none."""
    file.seek(place)
    file.readline()
    for _ in range(_NEWEST_AMONG):
        line = file.readline()
        if not line:
            return None
        try:
            record = record_of_line(line)
        except ValueError:
            continue
        if isinstance(record, Prediction):
            return record.time
    return None


def first_problem(summary: LogSummary) -> str:
    """The first line that could not be read, as `FILE:LINE message`."""
    return next(iter(problem_lines(summary)), "")


def problem_lines(summary: LogSummary) -> Iterator[str]:
    """The lines that could not be read, of those whose places were kept, as `FILE:LINE message`."""
    for path, place, message in summary.problems:
        whole = path == POSTGRES or is_database(Path(path))
        yield f"{path if whole else f'{path}:{_line_of(path, place)}'}: {message}"


def _line_of(path: str, place: int) -> int:
    """The number of the line that begins at a byte."""
    number = 1
    with closing(unpacked(Path(path).open("rb"))) as file:
        while place > 0 and (data := file.read(min(_TAIL, place))):
            number += data.count(b"\n")
            place -= len(data)
    return number


def window_of(name: str, reading: Reading, *, seconds: float | None, last: int | None) -> Reading:
    """The reading of the `seconds` before the newest row, or of the last rows; of all without either.

    Rows are in the order of their times but for a few at the end of each file.
    """
    if seconds is None and last is None:
        return reading
    times: list[float] = []
    for part in log_parts(name):
        times += _last_times(part, last or _NEWEST_AMONG, reading.prompt)
    if not times:
        return reading
    if last is not None:
        times.sort()
        return replace(reading, since=times[-min(last, len(times))])
    return replace(reading, since=max(times) - (seconds or 0.0))


def last_rows(name: str, count: int, prompt: str) -> list[JsonObject]:
    """The last rows of a log's files, of one prompt where it is named, as JSON values."""
    found: list[JsonObject] = []
    for part in log_parts(name):
        for record in islice(_last_records(part, prompt), count):
            found.append(record_as_json(record))
    return found[:count]


def _last_times(part: LogPart, count: int, prompt: str) -> Sequence[float]:
    """The times of the last rows of a part, of one prompt where it is named."""
    return [record.time for record in islice(_last_records(part, prompt), count)]


def _last_records(part: LogPart, prompt: str) -> Iterator[Prediction]:
    """The rows of a part, of one prompt where it is named, the last first."""
    for lines in _backwards(part):
        for line in reversed(lines):
            try:
                record = record_of_line(line)
            except ValueError:
                continue
            if isinstance(record, Prediction) and (not prompt or record.prompt.partition("@")[0] == prompt):
                yield record


def _backwards(part: LogPart) -> Iterator[list[bytes]]:
    """The lines of a part in groups, the last group first."""
    if isinstance(part, PostgresLog):
        yield from (lines[::-1] for lines in grouped(part.backwards()))
        return
    if is_packed(part) or is_database(part):
        yield list(deque(part_lines(part), maxlen=_MOST_BACKWARDS))
        return
    with part.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        rest = b""
        while end > 0:
            start = max(end - _TAIL, 0)
            file.seek(start)
            data = file.read(end - start) + rest
            lines = data.split(b"\n")
            if start > 0:
                rest = lines.pop(0)
            end = start
            yield [line for line in lines if line.strip()]
