"""What is wrong with the inputs or the expected output of a prompt, field by field."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from prompteval.core.problem import did_you_mean
from prompteval.prompt.values import left_out
from prompteval.workspace.validation import error_lines

Pointer = tuple[str | int, ...]
# (place, message, help)
FieldError = tuple[Pointer, str, str]
# Of the errors of one value, in a message on one line.
ERRORS_SHOWN = 5


def in_one_line(error: ValidationError, whole: str) -> str:
    """`place: message` of the first errors; `whole` is how the value itself is called."""
    shown = error_lines(error)[:ERRORS_SHOWN]
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or whole}: {one['msg']}" for one in shown)


def field_errors(error: ValidationError, known: Sequence[str], *, partial: bool = False) -> list[FieldError]:
    """What is wrong, each with its place; with `partial` fields of the outermost object may be absent."""
    found: list[FieldError] = []
    for item in error_lines(error):
        if partial and left_out(item):
            continue
        place, message, help = item["loc"], item["msg"], ""
        if item["type"] == "extra_forbidden":
            message = f"unknown field {place[-1]!r}"
            help = did_you_mean(str(place[-1]), known)
        elif item["type"] == "missing":
            message = f"field {place[-1]!r} is missing"
        elif item["type"] in ("literal_error", "enum"):
            help = did_you_mean(str(item["input"]), _choices(item))
        found.append((place, message, help))
    return found


def _choices(item: Any) -> list[str]:
    text = str(item.get("ctx", {}).get("expected", ""))
    return [part.strip().strip("'") for part in text.replace(" or ", ", ").split(",") if part.strip()]
