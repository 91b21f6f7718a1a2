"""The cells of a sweep: what to try, what came out, and the file each is kept in."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from prompteval.core.case import Case
from prompteval.core.fingerprint import fingerprint
from prompteval.core.ranges import RANGES
from prompteval.core.response_json import is_number
from prompteval.core.strict_json import loads
from prompteval.plan.suite_plan import SuitePlan
from prompteval.rag.pipeline import Pipeline
from prompteval.workspace.settings import Workspace
from prompteval.workspace.writing import make_directory, write_whole


@dataclass(frozen=True, slots=True)
class SweepCell:
    """One setting of the grid. `size` is None for `none`, where a document is one chunk."""

    chunker: str
    size: int | None
    overlap: int
    retriever: str
    reranker: str

    @property
    def name(self) -> str:
        size = "" if self.size is None else f" {self.size}" + (f"/{self.overlap}" if self.overlap else "")
        reranker = "" if self.reranker == "none" else f" {self.reranker}"
        return f"{self.chunker}{size} {self.retriever}{reranker}"


@dataclass(frozen=True, slots=True)
class Grid:
    """What to try: every combination; an empty list stands for the suite's own."""

    chunkers: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    overlap: int = 0
    retrievers: tuple[str, ...] = ()
    rerankers: tuple[str, ...] = ()
    budget: int | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """One cell over all questions, in order of their ids: recall, precision and IoU of what fits the budget.

    `whole` of `spans` gold spans are whole in one chunk. `truncated` chunks are longer than the
    encoder's window, `too_large` questions have a first chunk over the budget. `seconds` are for
    indexing, searching and reranking, less what the cache already held. `cost_usd` is 0 for encoders on
    this machine, None where a server was asked. `curve` has (budget, mean tokens, mean recall) for each
    eighth of the budget, the whole last; it is empty for a cell that was measured by an older version.
    """

    cell: SweepCell
    recall: tuple[float, ...]
    precision: tuple[float, ...]
    iou: tuple[float, ...]
    chunks: int
    whole: int
    spans: int
    truncated: int
    too_large: int
    seconds: float
    cost_usd: float | None
    curve: tuple[tuple[int, float, float], ...] = ()


class KeptCells:
    """Cells measured before, one JSON file each, named by everything their numbers come from."""

    def __init__(self, workspace: Workspace, plan: SuitePlan, cases: Sequence[Case], budget: int) -> None:
        self._directory = workspace.state_dir() / "sweeps"
        self._asked = [plan.facts.fingerprint, [case.id for case in cases], budget]
        self._questions = len(cases)
        self.found = 0

    def read(self, pipeline: Pipeline, cell: SweepCell) -> Measured | None:
        """The cell as it was measured; None where it was not, or the file is damaged."""
        try:
            found = _measured(loads(self._path(pipeline).read_bytes()), cell, self._questions)
        except (OSError, ValueError):
            return None
        self.found += 1
        return found

    def write(self, pipeline: Pipeline, measured: Measured) -> None:
        directory = make_directory(self._directory, within=self._directory.parent, private=True)
        body = asdict(measured)
        data = json.dumps({**body, "hash": fingerprint(body)}).encode()
        write_whole(self._path(pipeline), [data], within=directory, private=True)

    def _path(self, pipeline: Pipeline) -> Path:
        reranker = pipeline.reranker.identity if pipeline.reranker is not None else "none"
        parts = [pipeline.retriever.identity, reranker, pipeline.section.depth, pipeline.section.rerank_depth]
        name = fingerprint([*self._asked, *parts, pipeline.counter.encoding])
        return self._directory / f"{name.removeprefix('sha256:')}.json"


def _measured(raw: object, cell: SweepCell, questions: int) -> Measured:
    """A cell behind its file, which from before hashes has none. Raises ValueError for anything else."""
    if isinstance(raw, dict) and "hash" in raw and raw.pop("hash") != fingerprint(raw):
        raise ValueError("not as it was written")
    if not isinstance(raw, dict) or {"curve", *raw} != {field.name for field in fields(Measured)}:
        raise ValueError("not a cell")
    values = {name: raw[name] for name in ("recall", "precision", "iou")}
    shares = all(isinstance(rows, list) and len(rows) == questions for rows in values.values())
    if not shares or not all(RANGES["share"].holds(value) for rows in values.values() for value in rows):
        raise ValueError("a share is missing, or out of its range")
    counts = ("chunks", "whole", "spans", "truncated", "too_large")
    if not all(type(raw[name]) is int and raw[name] >= 0 for name in counts):
        raise ValueError("a count is not a whole number from 0")
    cost = raw["cost_usd"]
    if not all(is_number(value) and value >= 0 for value in (raw["seconds"], 0 if cost is None else cost)):
        raise ValueError("seconds or the cost is not a number from 0")
    rows = {**{name: tuple(rows) for name, rows in values.items()}, "curve": _curve(raw.get("curve", []))}
    return Measured(**{**raw, **rows, "cell": cell})


def _curve(raw: object) -> tuple[tuple[int, float, float], ...]:
    """The points of a curve. Raises ValueError for anything else."""
    if not isinstance(raw, list):
        raise ValueError("a curve is not a list of points")
    for point in raw:
        if not (isinstance(point, list) and len(point) == 3 and all(map(is_number, point))):
            raise ValueError("a point of a curve is not three numbers")
        if point[1] < 0 or not RANGES["share"].holds(point[2]):
            raise ValueError("a point of a curve is out of its range")
    return tuple((int(budget), tokens, recall) for budget, tokens, recall in raw)
