"""A transform as it is stored: what it learned, and the hashes of the rows that it saw."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prompteval.core.errors import UsageError
from prompteval.core.problem import did_you_mean
from prompteval.core.transform import Features, Transform
from prompteval.data.normal import normal
from prompteval.data.rows import DataRow
from prompteval.data.transforms import TRANSFORMS
from prompteval.data.transforms.calibration import log_loss
from prompteval.workspace.place import check_regular

CALIBRATION = "calibration"
KINDS = (CALIBRATION, *TRANSFORMS)
TEST = "test"


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
class Example:
    """A row with its numbers."""

    row: DataRow
    features: Features


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted transform: the field it reads, the side and the rows that it was fitted on.

    `chosen_on` has the log loss of each candidate on dev, where it was chosen among several.
    """

    transform: Transform
    value: str
    side: str
    rows: int
    seen: frozenset[str]
    chosen_on: dict[str, float] = field(default_factory=dict)

    def has_seen(self, row: DataRow) -> bool:
        """Whether the row, or one of its id or its text, was among those it was fitted on."""
        return not self.seen.isdisjoint(hashes(row))

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


def fit(kind: str, value: str, examples: Sequence[Example], side: str) -> Fitted:
    """Fit on the rows of one side; `calibration` is Platt or isotonic, whichever is better on dev.

    Raises UsageError where there are no rows of that side, and for what cannot be fitted.
    """
    if kind not in KINDS:
        raise UsageError(f"unknown transform {kind!r}", did_you_mean(kind, KINDS))
    own = [example for example in examples if example.row.split == side]
    if not own:
        help = "`prompteval data split` gives rows a side"
        raise UsageError(f"no row is of the side {side!r}", help)
    names = ("platt", "isotonic") if kind == CALIBRATION else (kind,)
    candidates = [_fitted(name, own) for name in names]
    chosen_on: dict[str, float] = {}
    if kind == CALIBRATION:
        chosen_on = _losses(candidates, [example for example in examples if example.row.split == "dev"])
        candidates.sort(key=lambda candidate: chosen_on[candidate.name])
    seen = frozenset(mark for example in own for mark in hashes(example.row))
    return Fitted(candidates[0], value, side, len(own), seen, chosen_on)


def _fitted(name: str, own: Sequence[Example]) -> Transform:
    made = TRANSFORMS[name]()
    widths = {len(example.features) for example in own}
    if len(widths) > 1 or (made.width is not None and widths != {made.width}):
        wanted = "one number a row" if made.width == 1 else "rows of one length"
        raise UsageError(f"{name} needs {wanted}", "--value names the field")
    try:
        made.fit([example.features for example in own], [example.row.label for example in own])
    except ValueError as error:
        raise UsageError(f"{name}: {error}", "--label names the field") from None
    return made


def _losses(candidates: Iterable[Transform], dev: Sequence[Example]) -> dict[str, float]:
    labels = [example.row.label for example in dev]
    try:
        return {
            one.name: log_loss([float(str(one.transform(example.features))) for example in dev], labels)
            for one in candidates
        }
    except ValueError as error:
        reason = "no row is of the side 'dev'" if not dev else f"dev: {error}"
        raise UsageError(f"calibration is chosen on dev: {reason}", "name platt or isotonic") from None


def hashes(row: DataRow) -> list[str]:
    """What a row is known by: its id and its text, where it has them."""
    known = [f"id\0{row.id}"] if row.id else []
    text = normal(row.text)
    known += [f"text\0{text}"] if text else []
    return [hashlib.sha256(part.encode("utf-8", "surrogatepass")).hexdigest()[:16] for part in known]


def read_fitted(path: Path) -> Fitted:
    """A stored transform. Raises UsageError for what is not one."""
    check_regular(path)
    try:
        found = TransformFile.model_validate_json(path.read_text(encoding="utf-8"))
        kind = TRANSFORMS.get(found.kind)
        if kind is None:
            raise ValueError(f"unknown transform {found.kind!r}")
        made = kind.from_state(found.state)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except ValidationError as error:
        raise UsageError(f"{path}: not a transform: {error.errors()[0]['msg']}") from None
    except ValueError as error:
        raise UsageError(f"{path}: not a transform: {error}") from None
    return Fitted(made, found.value, found.fitted_on, found.rows, frozenset(found.seen), found.chosen_on)
