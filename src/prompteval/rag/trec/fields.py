"""Lines of fields parted by white space, as columns of bytes; a million lines in a fraction of a second.

Where the first line is a whole one by its tabs alone, fields are parted by tabs and may hold spaces,
as BEIR's do. A file packed by gzip is unpacked while it is read.

A block of lines is taken apart by numpy. A block that is not as it should be is read again line by
line, which says what is wrong where.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Problem
from prompteval.workspace.packed import HEAD, PackedFault, other_form, unpacked
from prompteval.workspace.text import UNPACK, UTF8_MARK, UTF16_MARKS

# Small enough for the processor's cache, large enough that Python is not what takes the time.
BLOCK_BYTES = 1 << 20
LONGEST_FIELD = 1_000
LONGEST_LINE = 10_000_000
MOST_PROBLEMS = 20
_BLANK, _LINE_END, _FIRST_BLANK, _AFTER_BLANKS = 32, 10, 9, 14

Texts = NDArray[np.bytes_]
Places = NDArray[np.int64]


class LineProblems:
    """What is wrong in one file; too much of it ends the reading."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._found: list[Problem] = []

    def add(self, line: int, code: str, message: str, help: str = "") -> None:
        """One error. Raises InvalidInput with all of them once there are too many."""
        if len(self._found) == MOST_PROBLEMS:
            self._found.append(
                Problem(self._path, line, 1, "PE374", "more problems are not shown", "fix these first")
            )
            self.stop()
        self._found.append(Problem(self._path, line, 1, code, message, help))

    def stop(self) -> None:
        """Raises InvalidInput where anything is wrong."""
        if self._found:
            raise InvalidInput(self._found)


@dataclass(frozen=True, slots=True)
class LineBlock:
    """Rows of one part of a file: each column an array of bytes, and the line of each row."""

    columns: tuple[Texts, ...]
    lines: Sequence[int]

    def numbers(self, column: int, kind: type[object], what: str, problems: LineProblems) -> NDArray[Any]:
        """A column as finite or infinite numbers; what is none becomes a problem of its line."""
        texts = self.columns[column]
        try:
            values = texts.astype(kind)
        except (ValueError, OverflowError):
            values = None
        if values is not None and not (values != values).any() and not _has(texts, ord("_")):
            return np.asarray(values)
        for line, text in zip(self.lines, texts.tolist(), strict=True):
            if not _is_number(text, kind):
                help = f"{what} is a {'whole ' if kind is np.int64 else ''}number"
                problems.add(line, "PE372", f"{what} is {text.decode()[:40]!r}", help)
        problems.stop()
        raise AssertionError("numpy read what Python did not")


def read_blocks(path: Path, forms: Sequence[Sequence[str]], wanted: Sequence[str]) -> Iterator[LineBlock]:
    """The wanted fields of a file's lines; the first of `forms` with as many fields as line 1 has.

    A form is the names of its fields. Blank lines are skipped. Raises InvalidInput for a file
    that cannot be read or is empty, a line with another number of fields, a control character, a
    field over 1,000 bytes and text that is not UTF-8.
    """
    problems = LineProblems(str(path))
    form: Sequence[str] | None = None
    tabs = False
    line, rows = 1, 0
    for data in _whole_lines(path, problems):
        if form is None:
            form, tabs = _form_of(data, forms)
        columns = [form.index(name) for name in wanted]
        spaced = tabs and b" " in data
        block = None if spaced else _taken_apart(data, len(form), columns, line)
        if block is None:
            block = _line_by_line(data, form, columns, line, problems, tabs=tabs)
            line += data.count(b"\n")
        else:
            line += len(block.lines)
        rows += len(block.lines)
        if len(block.lines):
            yield block
    if not rows:
        problems.add(0, "PE370", "the file has no line", f"a line is: {' '.join(forms[0])}")
    problems.stop()


def _whole_lines(path: Path, problems: LineProblems) -> Iterator[bytes]:
    """The file in parts that end where a line does."""
    kept = b""
    try:
        with unpacked(path.open("rb")) as file:
            kept = file.read(HEAD)
            if kept.startswith(UTF16_MARKS):
                problems.add(0, "PE370", "the file is UTF-16", "save it as UTF-8")
            elif form := other_form(kept):
                problems.add(0, "PE370", f"the file is {form}", UNPACK)
            problems.stop()
            kept = kept.removeprefix(UTF8_MARK)
            while data := file.read(BLOCK_BYTES):
                end = data.rfind(b"\n") + 1
                if end:
                    yield kept + data[:end]
                    kept = data[end:]
                else:
                    kept += data
                if len(kept) > LONGEST_LINE:
                    problems.add(
                        0, "PE370", f"a line is longer than {LONGEST_LINE:,} bytes", "is this a text file?"
                    )
                    problems.stop()
    except PackedFault as error:
        problems.add(0, "PE370", str(error))
        problems.stop()
    except OSError as error:
        problems.add(0, "PE370", f"cannot be read: {error.strerror}")
        problems.stop()
    if kept:
        yield kept if kept.endswith(b"\n") else kept + b"\n"


def _form_of(data: bytes, forms: Sequence[Sequence[str]]) -> tuple[Sequence[str], bool]:
    """(the form of the first line, whether tabs alone part its fields)."""
    first = next((line for line in data.split(b"\n", 100) if line.strip()), b"")
    for form in forms:
        if b"\t" in first and len(form) == len(_by_tabs(first)):
            return form, True
    return next((form for form in forms if len(form) == len(first.split())), forms[0]), False


def _by_tabs(line: bytes) -> list[bytes]:
    return [field.strip() for field in line.strip(b"\r\n").split(b"\t")]


def _taken_apart(data: bytes, width: int, columns: Sequence[int], line: int) -> LineBlock | None:
    """The columns of lines that have `width` fields each; None where anything is unusual."""
    codes = np.frombuffer(data, dtype=np.uint8)
    if not _plain(data, codes):
        return None
    places = _single_blanks(codes, width) or _any_blanks(codes, width)
    if places is None:
        return None
    starts, ends = places
    taken = []
    for column in columns:
        lengths = ends[:, column] - starts[:, column]
        if lengths.max() > LONGEST_FIELD:
            return None
        taken.append(_gathered(codes, starts[:, column], lengths))
    return LineBlock(tuple(taken), range(line, line + len(ends)))


def _plain(data: bytes, codes: NDArray[np.uint8]) -> bool:
    """Whether the text is UTF-8 without control characters, which are the codes under 9 and from 14 to 31."""
    if (codes < _FIRST_BLANK).any() or ((codes - _AFTER_BLANKS) < _BLANK - _AFTER_BLANKS).any():
        return False
    return data.isascii() or _is_utf8(data)


def _single_blanks(codes: NDArray[np.uint8], width: int) -> tuple[Places, Places] | None:
    """(starts, ends) of fields, shape (lines, width), where one blank stands between any two; else None."""
    ends = np.flatnonzero(codes <= _BLANK)
    lines = np.count_nonzero(codes == _LINE_END)
    if len(ends) != lines * width or (codes[ends[width - 1 :: width]] != _LINE_END).any():
        return None
    starts = np.empty_like(ends)
    starts[0] = 0
    np.add(ends[:-1], 1, out=starts[1:])
    if (starts == ends).any():
        return None
    return starts.reshape(lines, width), ends.reshape(lines, width)


def _any_blanks(codes: NDArray[np.uint8], width: int) -> tuple[Places, Places] | None:
    """The same where several blanks may stand together; None where a line has not `width` fields."""
    blank = codes <= _BLANK
    line_ends = np.flatnonzero(codes == _LINE_END)
    edges = np.flatnonzero(blank[1:] != blank[:-1]) + 1
    if not blank[0]:
        edges = np.concatenate(([0], edges))
    if len(edges) != len(line_ends) * width * 2:
        return None
    starts, ends = edges[::2].reshape(-1, width), edges[1::2].reshape(-1, width)
    if (ends[:, -1] > line_ends).any() or (starts[1:, 0] < line_ends[:-1]).any():
        return None
    return starts, ends


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _gathered(codes: NDArray[np.uint8], start: Places, length: Places) -> Texts:
    """The bytes from each start on, as an array of byte strings."""
    width = int(length.max(initial=1))
    across = np.arange(width)
    found = codes.take(start[:, None] + across, mode="clip")
    found *= across < length[:, None]
    return found.view(f"S{width}")[:, 0]


def _line_by_line(
    data: bytes,
    form: Sequence[str],
    columns: Sequence[int],
    line: int,
    problems: LineProblems,
    *,
    tabs: bool = False,
) -> LineBlock:
    """The same by plain Python, with a problem for every line that is wrong."""
    rows: list[list[bytes]] = []
    lines: list[int] = []
    for number, text in enumerate(data.split(b"\n")[:-1], line):
        fields = text.split()
        if tabs and fields and len(parted := _by_tabs(text)) == len(form) and all(parted):
            fields = parted
        if not fields:
            continue
        if any(code < _BLANK and not _FIRST_BLANK <= code < _AFTER_BLANKS for code in text):
            problems.add(number, "PE371", "control character in the line", "is this a text file?")
        elif not _is_utf8(text):
            problems.add(number, "PE371", "the line is not UTF-8", "convert the file")
        elif len(fields) != len(form):
            message = f"{len(fields)} field{'' if len(fields) == 1 else 's'} where {len(form)} should be"
            problems.add(number, "PE371", message, f"a line is: {' '.join(form)}")
        elif max(map(len, fields)) > LONGEST_FIELD:
            problems.add(number, "PE371", f"a field is over {LONGEST_FIELD:,} bytes")
        else:
            rows.append([fields[column] for column in columns])
            lines.append(number)
    taken = [np.array([row[at] for row in rows], dtype=np.bytes_) for at in range(len(columns))]
    return LineBlock(tuple(taken), lines)


def _has(texts: Texts, code: int) -> bool:
    return bool((np.ascontiguousarray(texts).view(np.uint8) == code).any())


def _is_number(text: bytes, kind: type[Any]) -> bool:
    try:
        value = kind(text.decode("ascii"))
    except (ValueError, OverflowError):
        return False
    return bool(value == value) and b"_" not in text
