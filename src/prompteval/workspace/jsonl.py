"""JSONL records with their line numbers."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, BinaryIO

from prompteval.core.strict_json import MOST_DEEP, decode_unique, excess, fault_of
from prompteval.workspace.text import UTF8_MARK, UTF16_MARKS

Note = Callable[..., None]  # line, column, code, message, help
# A longer one is not a case. `[[],[],…` of this size takes 600 MB once it is read.
MAX_LINE_BYTES = 20_000_000


def read_jsonl(file: BinaryIO, path: str, note: Note) -> Iterator[tuple[int, Any]]:
    """(line number, value) of each line that is not blank; bad lines are noted and left out.

    NaN, infinities and doubled keys are errors; integers of any length stay exact. A file that
    is not UTF-8 text ends at its first wrong byte.
    """
    with file:
        for number, line in enumerate(iter(partial(file.readline, MAX_LINE_BYTES + 1), b""), 1):
            if number == 1:
                if line.startswith(UTF16_MARKS):
                    note(1, 1, "PE102", "the file is UTF-16", "save it as UTF-8")
                    return
                line = line.removeprefix(UTF8_MARK)
            if not line.strip():
                continue
            if b"\0" in line:
                note(number, line.index(b"\0") + 1, "PE103", "NUL byte", "remove it; text files have none")
                return
            if len(line) > MAX_LINE_BYTES:
                note(
                    number, 1, "PE303", f"the line is longer than {MAX_LINE_BYTES:,} bytes", "one case a line"
                )
                return
            try:
                value = decode_unique(line.decode("utf-8").strip())
                if line.count(b"[") + line.count(b"{") > MOST_DEEP and (much := excess(value)):
                    raise ValueError(much)
            except UnicodeDecodeError as error:
                message = f"byte 0x{error.object[error.start]:02x} is not UTF-8"
                note(number, error.start + 1, "PE104", message, "save the file as UTF-8")
                return
            except json.JSONDecodeError as error:
                note(number, error.colno, "PE303", f"not JSON: {error.msg}", "one JSON object a line")
            except (ValueError, RecursionError) as error:
                note(number, 1, "PE303", f"not JSON: {fault_of(error)}")
            else:
                yield number, value
