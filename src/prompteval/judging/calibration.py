"""The calibration file of a judge, `prompteval/judge@1`: what was measured, and the rows that it rests on."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Problem
from prompteval.core.strict_json import loads
from prompteval.judging.labels import Word
from prompteval.judging.scale import JudgeScale
from prompteval.workspace.validation import FileModel, error_lines

SCHEMA = "prompteval/judge@1"
Unparsed = Literal["missing", "wrong"]
_Hash = Annotated[str, Field(pattern="^sha256:[0-9a-f]{64}$")]


class _Part(FileModel):
    code = "PE292"
    mapping = "an object"


class _JudgePart(_Part):
    name: str
    fingerprint: _Hash
    prompt: str
    prompt_fingerprint: _Hash
    model: str


class _LabelsPart(_Part):
    path: str
    fingerprint: _Hash
    count: int = Field(ge=0)
    annotators: int = Field(ge=0)


class _ScalePart(_Part):
    labels: list[str] = Field([])
    passes: list[str] = Field([])
    low: float = 0.0
    high: float = 1.0


class _RowPart(_Part):
    case_id: str
    replicate: int = Field(0, ge=0)
    output: str
    labels: _Hash
    verdict: str | float | None
    length: float | None = None
    samples: list[float] = Field([])
    order_changed: bool | None = None
    probability: float | None = Field(None, ge=0, le=1)
    tags: dict[str, str] = Field({})


class _File(_Part):
    judge: _JudgePart
    labels: _LabelsPart
    scale: _ScalePart
    unparsed: Unparsed = "missing"
    epsilon: float = Field(ge=0, le=1)
    slices: list[str] = Field([])
    figures: dict[str, Any]
    rows: list[_RowPart]


@dataclass(frozen=True, slots=True)
class CalibrationRow:
    """A verdict that a calibration rests on; `labels` is over the labels of people for its output."""

    case_id: str
    replicate: int
    output: str
    labels: str
    verdict: Word | None
    length: float | None = None
    samples: tuple[float, ...] = ()
    order_changed: bool | None = None
    tags: tuple[tuple[str, str], ...] = ()
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Calibration:
    """One judge against the labels of one file. `figures` are as they were written."""

    judge: str
    fingerprint: str
    prompt: str
    prompt_fingerprint: str
    model: str
    labels_path: str
    labels_fingerprint: str
    labels: int
    annotators: int
    scale: JudgeScale
    unparsed: Unparsed
    epsilon: float
    slices: tuple[str, ...]
    figures: Mapping[str, object]
    rows: tuple[CalibrationRow, ...]

    def as_json(self) -> dict[str, object]:
        """The file."""
        return {
            "schema": SCHEMA,
            "judge": {
                "name": self.judge,
                "fingerprint": self.fingerprint,
                "prompt": self.prompt,
                "prompt_fingerprint": self.prompt_fingerprint,
                "model": self.model,
            },
            "labels": {
                "path": self.labels_path,
                "fingerprint": self.labels_fingerprint,
                "count": self.labels,
                "annotators": self.annotators,
            },
            "scale": {
                "labels": list(self.scale.labels),
                "passes": list(self.scale.passes),
                "low": self.scale.low,
                "high": self.scale.high,
            },
            "unparsed": self.unparsed,
            "epsilon": self.epsilon,
            "slices": list(self.slices),
            "figures": dict(self.figures),
            "rows": [_row_json(row) for row in self.rows],
        }

    def text(self) -> str:
        """The file as text, one row a line, so that a change of one row is one line of a diff."""
        body = self.as_json()
        rows = ",\n    ".join(json.dumps(row) for row in _rows_of(body))
        head = json.dumps({**body, "rows": []}, indent=2).removesuffix('"rows": []\n}')
        return f'{head}"rows": [\n    {rows}\n  ]\n}}\n' if rows else f'{head}"rows": []\n}}\n'


def _rows_of(body: Mapping[str, object]) -> Sequence[object]:
    rows = body["rows"]
    return rows if isinstance(rows, list) else []


def _row_json(row: CalibrationRow) -> dict[str, object]:
    found: dict[str, object] = {"case_id": row.case_id, "replicate": row.replicate, "output": row.output}
    found |= {"labels": row.labels, "verdict": row.verdict}
    if row.length is not None:
        found["length"] = row.length
    if row.samples:
        found["samples"] = list(row.samples)
    if row.order_changed is not None:
        found["order_changed"] = row.order_changed
    if row.probability is not None:
        found["probability"] = row.probability
    if row.tags:
        found["tags"] = dict(row.tags)
    return found


def read_calibration(data: bytes, path: str) -> Calibration:
    """The calibration in a file. Raises InvalidInput for what is not one."""
    try:
        body = loads(data.decode("utf-8"))
        if not isinstance(body, dict) or body.pop("schema", None) != SCHEMA:
            raise ValueError(f"its schema is not {SCHEMA}")
        file = _File.model_validate(body)
    except ValidationError as error:
        first = error_lines(error)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise _broken(path, f"{place}: {_reason(first)}") from None
    except (ValueError, RecursionError) as error:
        raise _broken(path, str(error)) from None
    scale = JudgeScale(tuple(file.scale.labels), tuple(file.scale.passes), file.scale.low, file.scale.high)
    rows = tuple(
        CalibrationRow(
            row.case_id, row.replicate, row.output, row.labels, row.verdict, row.length, tuple(row.samples),
            row.order_changed, tuple(sorted(row.tags.items())), row.probability,
        )
        for row in file.rows
    )  # fmt: skip
    judge, labels = file.judge, file.labels
    return Calibration(
        judge.name, judge.fingerprint, judge.prompt, judge.prompt_fingerprint, judge.model, labels.path,
        labels.fingerprint, labels.count, labels.annotators, scale, file.unparsed, file.epsilon,
        tuple(file.slices), file.figures, rows,
    )  # fmt: skip


def _reason(line: Any) -> str:  # noqa: ANN401 - one of pydantic's errors
    context = line.get("ctx", {})
    return str(context.get("message") or context.get("what") or context.get("help") or line["msg"])


def _broken(path: str, reason: str) -> InvalidInput:
    help = "`prompteval judge check` writes it again"
    return InvalidInput([Problem(path, 1, 1, "PE292", f"not a calibration: {reason}", help)])
