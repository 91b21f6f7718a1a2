"""A transform as it is stored: what it learned, and the hashes of the rows that it saw."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prompteval.core.errors import UsageError
from prompteval.core.fingerprint import fingerprint
from prompteval.core.transform import Transform
from prompteval.transforms import TRANSFORMS


class TransformFile(BaseModel):
    """`prompteval/transform@1`."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    schema_: Literal["prompteval/transform@1"] = Field("prompteval/transform@1", alias="schema")
    kind: str
    value: str
    state: dict[str, object]
    fitted_on: str
    rows: int
    seen: list[str]
    chosen_on: dict[str, float] = {}


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted transform: the field it reads, the side and the rows that it was fitted on.

    `seen` are the marks of those rows, as `row_marks` gives them; `chosen_on` has the log loss of each
    candidate on dev, where it was chosen among several.
    """

    transform: Transform
    value: str
    side: str
    rows: int
    seen: frozenset[str]
    chosen_on: dict[str, float] = field(default_factory=dict)

    def has_seen(self, marks: Iterable[str]) -> bool:
        """Whether a row of these marks, of its id or of its text, was among those it was fitted on."""
        return not self.seen.isdisjoint(marks)

    @property
    def fingerprint(self) -> str:
        """Of what it does: its kind and its state."""
        return fingerprint([self.transform.name, dict(self.transform.state())])

    def text(self) -> str:
        """The file's content."""
        made = TransformFile(
            kind=self.transform.name,
            value=self.value,
            state=dict(self.transform.state()),
            fitted_on=self.side,
            rows=self.rows,
            seen=sorted(self.seen),
            chosen_on=self.chosen_on,
        )  # type: ignore[call-arg]  # the schema has its alias and its default
        return json.dumps(made.model_dump(by_alias=True), ensure_ascii=True, allow_nan=False) + "\n"


def row_marks(id: str, text: str) -> list[str]:
    """What a row is known by: hashes of its id, then of its text as `normal` gives it, where it has them."""
    known = [f"id\0{id}"] if id else []
    known += [f"text\0{text}"] if text else []
    return [hashlib.sha256(part.encode("utf-8", "surrogatepass")).hexdigest()[:16] for part in known]


def parse_fitted(data: bytes, name: str) -> Fitted:
    """A stored transform. Raises UsageError, which begins with the name, for what is not one."""
    try:
        found = TransformFile.model_validate_json(data)
        kind = TRANSFORMS.get(found.kind)
        if kind is None:
            raise ValueError(f"unknown transform {found.kind!r}")
        made = kind.from_state(found.state)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise UsageError(f"{name}: not a transform: {reason}", _HELP) from None
    except ValueError as error:
        raise UsageError(f"{name}: not a transform: {error}", _HELP) from None
    return Fitted(made, found.value, found.fitted_on, found.rows, frozenset(found.seen), found.chosen_on)


_HELP = "`prompteval data fit` writes one"
