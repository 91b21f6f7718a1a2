"""Fitting a transform on the rows of one side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from prompteval.core.errors import UsageError
from prompteval.core.problem import did_you_mean
from prompteval.core.transform import Features, Transform
from prompteval.data.normal import normal
from prompteval.data.rows import DataRow
from prompteval.transforms import TRANSFORMS
from prompteval.transforms.calibration import log_loss
from prompteval.transforms.fitted import Fitted, parse_fitted, row_marks
from prompteval.workspace.safe_paths import check_regular

CALIBRATION = "calibration"
KINDS = (CALIBRATION, *TRANSFORMS)
TEST = "test"


@dataclass(frozen=True, slots=True)
class Example:
    """A row with its numbers."""

    row: DataRow
    features: Features


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
    """What a row is known by: its id, then its text, where it has them."""
    return row_marks(row.id, normal(row.text))


def read_fitted(path: Path) -> Fitted:
    """A stored transform. Raises UsageError for what is not one."""
    check_regular(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    return parse_fitted(data, str(path))
