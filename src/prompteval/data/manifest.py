"""How a file was split, as `FILE.manifest.json`, so that it can be checked."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Problem
from prompteval.workspace.safe_paths import check_regular

SCHEMA: Literal["prompteval/split@1"] = "prompteval/split@1"
_FRAME = 2**256
Mode = Literal["hash", "stratified", "time"]


class Manifest(BaseModel):
    """The settings of a split and what came out: counts by side and stratum, and a digest of (id, side)."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    schema_: Literal["prompteval/split@1"] = Field(SCHEMA, alias="schema")
    mode: Mode
    salt: str
    ratios: dict[str, Annotated[float, Field(gt=0, le=1)]]
    id: str
    group: str | None = None
    stratify: str | None = None
    time: str | None = None
    cutoffs: dict[str, float] = {}
    rows: int
    counts: dict[str, int]
    strata: dict[str, dict[str, int]] = {}
    assignment: str

    def text(self) -> str:
        """The file's content."""
        return json.dumps(self.model_dump(by_alias=True), indent=2, ensure_ascii=True) + "\n"


@dataclass(slots=True)
class Tally:
    """Counts rows as they are written; the digest is a sum, so that their order does not matter."""

    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    strata: dict[str, Counter[str]] = field(default_factory=dict)
    _sum: int = 0

    def add(self, name: str, side: str, stratum: str = "") -> None:
        """One row."""
        self.rows += 1
        self.counts[side] += 1
        if stratum:
            self.strata.setdefault(stratum, Counter())[side] += 1
        digest = hashlib.sha256(f"{name}\0{side}".encode("utf-8", "surrogatepass")).digest()
        self._sum = (self._sum + int.from_bytes(digest, "big")) % _FRAME

    @property
    def assignment(self) -> str:
        """`sha256:` and the sum of the digests of (id, side)."""
        return f"sha256:{self._sum:064x}"

    def sorted_counts(self) -> dict[str, int]:
        """Counts by side, in the order of their names."""
        return dict(sorted(self.counts.items()))

    def sorted_strata(self) -> dict[str, dict[str, int]]:
        """Counts by stratum and side."""
        return {stratum: dict(sorted(self.strata[stratum].items())) for stratum in sorted(self.strata)}


def manifest_path(path: Path) -> Path:
    """Where the manifest of a file is."""
    return path.with_name(f"{path.name}.manifest.json")


def read_manifest(path: Path, shown: str) -> Manifest:
    """The manifest at a place. Raises InvalidInput for what is not one, UsageError for what is not a file."""
    check_regular(path)
    try:
        return Manifest.model_validate_json(path.read_text(encoding="utf-8"))
    except (ValidationError, ValueError, OSError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        help = "`prompteval data split` writes it again"
        raise InvalidInput(
            [Problem(shown, 1, 1, "PD118", f"not a manifest of a split: {reason}", help)]
        ) from None


def difference(manifest: Manifest, tally: Tally) -> str:
    """What of a file is not as its manifest says, in words; empty where all is."""
    if manifest.rows != tally.rows:
        return f"{tally.rows:,} rows, and {manifest.rows:,} when it was split"
    counts = tally.sorted_counts()
    if manifest.counts != counts:
        return f"sides hold {_counts(counts)}, and {_counts(manifest.counts)} when it was split"
    return "" if manifest.assignment == tally.assignment else "rows have changed sides since it was split"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{side} {count:,}" for side, count in sorted(counts.items()))
