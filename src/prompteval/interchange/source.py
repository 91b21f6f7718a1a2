"""Files of other tools, read within bounds: JSON, JSON lines, YAML, CSV, packed or in an archive."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.problem import Problem
from prompteval.core.strict_json import excess, fault_of, json_type_name, unique_object
from prompteval.core.text import counted
from prompteval.interchange.imported import Json, Record
from prompteval.workspace.csv_reader import csv_fault, csv_reader, delimiter_of
from prompteval.workspace.packed import PackedFault, unpacked
from prompteval.workspace.text import decode
from prompteval.workspace.yaml12 import YamlDocument, parse

# Of one file, and of all that an archive holds.
MAX_IMPORT_BYTES = 500_000_000
MOST_RECORDS = 1_000_000
MOST_ENTRIES = 100_000
_ZSTD = 93  # the method's number in a ZIP
_LOCAL_HEADER = 30  # bytes before the name of a member
# What another tool wrote for a missing figure is null; a key that would hide another is refused.
_DECODER = json.JSONDecoder(object_pairs_hook=unique_object, parse_constant=lambda name: None)
_SPACE = re.compile(r"[\s,]*")


@dataclass(frozen=True, slots=True)
class Line:
    """One record, the line that it begins at, and the file it is in."""

    number: int
    value: Record
    path: str


def read_text(path: Path) -> str:
    """The text of a file, unpacked where it is packed. Raises InvalidInput, or UsageError for no file."""
    if not path.is_file():
        raise UsageError(f"{path} {'is a directory' if path.is_dir() else 'does not exist'}")
    try:
        with unpacked(path.open("rb"), MAX_IMPORT_BYTES) as file:
            data = file.read(MAX_IMPORT_BYTES + 1)
    except PackedFault as error:
        raise InvalidInput([Problem(str(path), 0, 0, "PE363", str(error), "pack it again")]) from None
    if len(data) > MAX_IMPORT_BYTES:
        raise _fault(str(path), 0, f"the file is larger than {MAX_IMPORT_BYTES:,} bytes")
    return decode(data, str(path))


def read_yaml(path: Path) -> YamlDocument:
    """A file of YAML, with the place of every node."""
    return parse(read_text(path), str(path))


def read_json(path: Path) -> Json:
    """A file that is one value of JSON."""
    return decoded(read_text(path), str(path))


def read_records(path: Path, *lists: str) -> Iterator[Line]:
    """The records of a file: JSON lines, a list, or an object whose list has one of the names `lists`.

    Raises InvalidInput at the line that is not JSON, not an object, or one too many.
    """
    yield from records_of(read_text(path), str(path), lists)


def records_of(text: str, path: str, lists: Iterable[str]) -> Iterator[Line]:
    """As `read_records`, of a text."""
    start = len(text) - len(text.lstrip())
    if text[start : start + 1] == "[":
        yield from _elements(text, start + 1, path)
        return
    if text[start : start + 1] == "{" and (whole := _whole_object(text, path)) is not None:
        place = _list_in(text, whole, lists)
        if place is None:
            yield _line(text.count("\n", 0, start) + 1, whole, path)
        else:
            yield from _elements(text, place, path)
        return
    at = 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            at += 1
            if at > MOST_RECORDS:
                raise _fault(path, number, f"more than {MOST_RECORDS:,} records")
            yield _line(number, decoded(line, path, number), path)


def read_rows(path: Path) -> Iterator[Line]:
    """The rows of a CSV or TSV file by the names of its header."""
    yield from rows_of(read_text(path), str(path))


def rows_of(text: str, path: str) -> Iterator[Line]:
    """As `read_rows`, of a text; the separator is the one of the header."""
    reader = csv_reader(io.StringIO(text, newline=""), delimiter_of(text.partition("\n")[0]))
    try:
        columns = next(reader, [])
        if not columns or len(set(columns)) != len(columns):
            raise _fault(path, 1, "the header is empty, or names two columns alike")
        while (start := reader.line_num + 1) and (row := next(reader, None)) is not None:
            if row and len(row) != len(columns):
                raise _fault(path, start, f"{counted(len(row), 'cell')}, and the header has {len(columns)}")
            if row:
                yield Line(start, dict(zip(columns, row, strict=True)), path)
    except csv.Error as error:
        raise _fault(path, reader.line_num, csv_fault(str(error))[0]) from None


def read_archive(path: Path) -> dict[str, str]:
    """The texts of a ZIP by their names, within bounds. Names are never used as places to write.

    Raises InvalidInput for a damaged archive, or one that unpacks to more than is read.
    """
    found: dict[str, str] = {}
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MOST_ENTRIES:
                raise _fault(str(path), 0, f"more than {MOST_ENTRIES:,} files in the archive")
            for member in members:
                data = _member(path, archive, member, MAX_IMPORT_BYTES - total + 1)
                total += len(data)
                if total > MAX_IMPORT_BYTES:
                    raise _fault(str(path), 0, f"the archive unpacks to more than {MAX_IMPORT_BYTES:,} bytes")
                found[member.filename] = decode(data, f"{path}:{member.filename}")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise _fault(str(path), 0, f"the archive cannot be read: {error}") from None
    return found


def _member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    """The beginning of a member, at most `most` bytes. Inspect packs by zstd, which zipfile may lack."""
    if member.compress_type != _ZSTD:
        with archive.open(member) as file:
            return file.read(most)
    try:
        zstandard = import_module("zstandard")
    except ImportError:
        help = "pip install zstandard, or write the log as JSON: inspect log convert --to json"
        raise InvalidInput(
            [Problem(str(path), 0, 0, "PI100", "the archive is packed by zstd", help)]
        ) from None
    with path.open("rb") as file:
        file.seek(member.header_offset)
        header = file.read(_LOCAL_HEADER)
        file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
        packed = io.BytesIO(file.read(min(member.compress_size, MAX_IMPORT_BYTES)))
    try:
        data: bytes = zstandard.ZstdDecompressor().stream_reader(packed).read(most)
    except zstandard.ZstdError as error:
        raise zipfile.BadZipFile(str(error)) from None
    return data


def _whole_object(text: str, path: str) -> Record | None:
    """The object that a text is; None where it is lines of objects."""
    try:
        whole = _DECODER.decode(text.strip())
    except json.JSONDecodeError:
        return None
    except (ValueError, RecursionError) as error:
        raise _fault(path, 1, f"not JSON: {fault_of(error)}") from None
    return whole if isinstance(whole, dict) else None


def _list_in(text: str, whole: Record, lists: Iterable[str]) -> int | None:
    """Where the elements of the first of some lists of an object begin; None where it has none."""
    for name in lists:
        if isinstance(whole.get(name), list):
            for match in re.finditer(rf'"{re.escape(name)}"\s*:\s*\[', text):
                first = _SPACE.match(text, match.end())
                if first is not None and text[first.end() : first.end() + 1] in ("{", "]"):
                    return match.end()
    return None


def _elements(text: str, at: int, path: str) -> Iterator[Line]:
    number, counted = text.count("\n", 0, at) + 1, at
    for count in range(MOST_RECORDS + 1):
        space = _SPACE.match(text, at)
        at = space.end() if space is not None else at
        number, counted = number + text.count("\n", counted, at), at
        if text[at : at + 1] in ("]", ""):
            return
        if count == MOST_RECORDS:
            raise _fault(path, number, f"more than {MOST_RECORDS:,} records")
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            raise _fault(path, number, f"not JSON: {fault_of(error)}") from None
        yield _line(number, value, path)


def decoded(text: str, path: str, number: int = 1) -> Json:
    """A value of JSON, NaN as null. Raises InvalidInput at the line that is not JSON, or too deep."""
    try:
        value: Json = _DECODER.decode(text.strip())
    except json.JSONDecodeError as error:
        raise _fault(path, number + error.lineno - 1, f"not JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise _fault(path, number, f"not JSON: {fault_of(error)}") from None
    return value


def _line(number: int, value: Json, path: str) -> Line:
    if not isinstance(value, dict):
        raise _fault(path, number, f"a record must be an object, not {json_type_name(value)}")
    if much := excess(value):
        raise _fault(path, number, much)
    return Line(number, dict(value), path)


def _fault(path: str, line: int, message: str) -> InvalidInput:
    return InvalidInput([Problem(path, line, 1 if line else 0, "PI100", message)])
