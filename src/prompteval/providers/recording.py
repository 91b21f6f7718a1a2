"""Recordings: replies as sorted, reviewable JSONL, without any header of the exchange."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.problem import Problem
from prompteval.core.request import Request, Response
from prompteval.core.response_json import check_request, response_as_json, response_from_json
from prompteval.core.strict_json import loads
from prompteval.providers.spool import Spool
from prompteval.workspace.safe_paths import file_to_write
from prompteval.workspace.text import decode
from prompteval.workspace.writing import write_whole

# A request and a reply, escaped.
MOST_OF_A_LINE = 100_000_000


class Recorder:
    """Collects replies and writes them, sorted by request, when closed.

    With `continued`, what the file holds already stays: a run that is resumed adds to its recording.
    Raises UsageError where there is no directory for it, a link leads out of `within`, or what it would
    replace is not a recording; InvalidInput where it cannot be continued.
    """

    def __init__(self, path: Path, *, within: Path | None = None, continued: bool = False) -> None:
        self._path = file_to_write(path, within).absolute()  # code of the workspace may change the directory
        self._within = within
        self._spool = Spool(self._path)
        if not path.parent.is_dir():
            raise UsageError(f"{path.parent} is not a directory", "create the directory first")
        if not continued and path.is_file():
            _refuse_other(path)
        if continued and path.exists():
            for key, found in read_recording(decode(path.read_bytes(), str(path)), str(path)).items():
                self._keep(key, found)

    def __contains__(self, key: str) -> bool:
        return key in self._spool

    def add(self, request: Request, response: Response) -> None:
        """Keep one exchange; the same request again replaces it."""
        self.add_stored(request.key, request.as_json(), response)

    def add_stored(self, key: str, request: Mapping[str, object], response: Response) -> None:
        """Keep an exchange whose request is at hand as JSON values only."""
        self._keep(key, {"key": key, "request": request, "response": response_as_json(response)})

    def _keep(self, key: str, body: Mapping[str, Any]) -> None:
        line = json.dumps(body, ensure_ascii=True, sort_keys=True)
        self._spool.keep(key, body["request"]["messages"], line)

    def close(self) -> None:
        """Write the file in one step. Without a reply nothing is written, and what was there stays."""
        try:
            if len(self._spool):
                lines = (line + b"\n" for line in self._spool.ordered())
                write_whole(self._path, lines, within=self._within)
        finally:
            self._spool.close()


def _refuse_other(path: Path) -> None:
    """Raise UsageError where a file that would be replaced is not a recording, by its first line."""
    with path.open("rb") as file:
        first = file.readline(MOST_OF_A_LINE)
    try:
        read_recording(decode(first, str(path)), str(path))
    except InvalidInput:
        message = f"--record {path}: the file is not a recording, and it would be overwritten"
        raise UsageError(message, "choose another place") from None


def read_recording(text: str, path: str) -> dict[str, dict[str, object]]:
    """Key to {request, response} of a recording. Raises InvalidInput at the line that is wrong.

    A request stands there once, or as often with the same reply: two recordings may be put together.
    """
    found: dict[str, dict[str, object]] = {}
    first: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        column = 1
        try:
            raw = loads(line, unique_keys=True)
            key = _checked_key(raw)
            if found.setdefault(key, raw) != raw:
                raise ValueError(f"another reply to the same request is at line {first[key]}")
            first.setdefault(key, number)
            continue
        except json.JSONDecodeError as error:
            column, reason = error.colno, f"not JSON: {error.msg}"
        except ValueError as error:
            reason = str(error)
        raise InvalidInput([Problem(path, number, column, "PE402", f"not a recorded reply: {reason}")])
    return found


def _checked_key(raw: object) -> str:
    """The key of a line. Raises ValueError for one that is not an exchange."""
    if not isinstance(raw, dict):
        raise ValueError("a line must be an object")
    for name in ("key", "request", "response"):
        if name not in raw:
            raise ValueError(f"it has no {name!r}")
    if not isinstance(raw["key"], str):
        raise ValueError("key is not a string")
    check_request(raw["request"])
    response_from_json(raw["response"], "replay")
    return str(raw["key"])
