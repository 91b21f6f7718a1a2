"""Recordings: replies as sorted, reviewable JSONL, without any header of the exchange."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.problem import Problem
from prompteval.core.request import COUNTS, Request, Response, Usage


def response_as_json(response: Response) -> dict[str, Any]:
    """A reply as JSON values, what is empty left out."""
    body = asdict(response)
    body.pop("served_by")
    body["details"] = {key: value for key, value in response.details.items() if key not in COUNTS}
    return {key: value for key, value in body.items() if value not in (None, {}, [])}


def response_from_json(raw: Mapping[str, Any], served_by: Any) -> Response:
    """A stored reply. Raises ValueError, TypeError or KeyError when it is not one."""
    values = dict(raw)
    usage = values.pop("usage", None)
    logprobs = values.pop("logprobs", None)
    return Response(
        **values,
        usage=None if usage is None else Usage(**usage),
        logprobs=None if logprobs is None else tuple(logprobs),
        served_by=served_by,
    )


class Recorder:
    """Collects replies and writes them, sorted by request, when closed.

    With `go_on`, what the file holds already stays: a run that is resumed adds to its recording.
    Raises UsageError where there is no folder for it, InvalidInput where it is no recording.
    """

    def __init__(self, path: Path, *, go_on: bool = False) -> None:
        self._path = path
        self._lines: dict[str, str] = {}
        if not path.parent.is_dir():
            raise UsageError(f"{path.parent} is no folder", "make it first")
        if go_on and path.exists():
            for key, found in read_recording(path.read_text(encoding="utf-8"), str(path)).items():
                self._keep(key, found)

    def __contains__(self, key: str) -> bool:
        return key in self._lines

    def add(self, request: Request, response: Response) -> None:
        """Keep one exchange; the same request again replaces it."""
        self.add_stored(request.key, request.as_json(), response)

    def add_stored(self, key: str, request: Mapping[str, Any], response: Response) -> None:
        """Keep an exchange whose request is at hand as JSON values only."""
        self._keep(key, {"key": key, "request": request, "response": response_as_json(response)})

    def _keep(self, key: str, body: Mapping[str, Any]) -> None:
        self._lines[key] = json.dumps(body, ensure_ascii=True, sort_keys=True)

    def close(self) -> None:
        """Write the file in one step."""
        ordered = sorted(self._lines.values(), key=lambda line: json.loads(line)["request"]["messages"])
        part = self._path.with_name(self._path.name + ".part")
        part.write_text("".join(line + "\n" for line in ordered), encoding="utf-8")
        part.replace(self._path)


def read_recording(text: str, path: str) -> dict[str, dict[str, Any]]:
    """Key to {request, response} of a recording. Raises InvalidInput at the line that is wrong."""
    found: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        column, reason = 1, ""
        try:
            raw = json.loads(line)
            response_from_json(raw["response"], "replay")
            found[raw["key"]] = raw
        except json.JSONDecodeError as error:
            column, reason = error.colno, f"not JSON: {error.msg}"
        except RecursionError:
            reason = "nested too deeply"
        except KeyError as error:
            reason = f"it has no {error}"
        except (ValueError, TypeError) as error:
            reason = str(error)
        if reason:
            problem = Problem(path, number, column, "PE402", f"not a recorded reply: {reason}")
            raise InvalidInput([problem])
    return found
