"""`outputs: file.jsonl`: recorded outputs of any system, scored without calling it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from prompteval.cases.record import Typed, Validate
from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.fingerprint import fingerprint, fingerprint_bytes
from prompteval.core.problem import Collector, Problem
from prompteval.plan.results.mapping import ResultMap
from prompteval.plan.results.observed import CAME_TO, WITHOUT_OUTPUT
from prompteval.plan.results.result import Result
from prompteval.workspace.field_types import Ranged
from prompteval.workspace.jsonl import read_jsonl
from prompteval.workspace.tree import Tree
from prompteval.workspace.validation import Location, problem, validate

MANY_MODELS = "recorded"
# Either says which tools were called.
CALLS = frozenset({"tool_calls", "messages"})
ROW_KEYS = ("id", "replicate")
NO_OUTPUT = ("output is missing", '{"id": "...", "output": ...}')


@dataclass(frozen=True)
class OutputsPlan:
    """A file of recorded outputs, read and indexed by case id and repeat, each row the keys of a result.

    `carried` are the keys that any row has; `replicates` is how often a case was recorded at most.
    """

    path: str
    fingerprint: str
    recorded: Mapping[tuple[str, int], Mapping[str, Any]]
    carried: frozenset[str] = frozenset()
    replicates: int = 1

    validate: Validate | None = None
    typed: Typed | None = None
    output_fields: frozenset[str] | None = None

    @property
    def reference(self) -> str:
        return f"outputs:{self.path}"

    @property
    def name(self) -> str:
        return self.reference

    @property
    def own_model(self) -> str:
        """The model that all outputs name, else `recorded`."""
        models = {item.get("model", MANY_MODELS) for item in self.recorded.values()}
        return models.pop() if len(models) == 1 else MANY_MODELS

    def problems(self) -> list[Problem]:
        return []


def _case_id(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise problem("the output has no case id")
    return str(value)


def _name(place: Location) -> str:
    if not place:
        return "a recorded output"
    return " in ".join([str(place[-1]), *(str(part) for part in place[:1] if len(place) > 1)])


class RecordedOutput(Result):
    """One line. The plan keeps what was read, not the model of it: a million of those would not fit."""

    id: Annotated[str, BeforeValidator(_case_id)] = Field(
        description="In an outputs file: the id of the case.",
        examples=['{"id": "...", "output": ...}'],
    )
    replicate: Annotated[int, Ranged("replicate")] | None = Field(
        None, description="In an outputs file: the repeat of the case, from 0."
    )

    @classmethod
    def refused(cls, raw: Mapping[object, object]) -> Mapping[Location, PydanticCustomError]:
        # An unknown key is probably the output under a wrong name, and is reported on its own.
        given = "output" in raw or any(raw.get(key) is not None for key in WITHOUT_OUTPUT)
        if given or not raw.keys() <= cls.model_fields.keys():
            return {}
        return {("output",): problem(*NO_OUTPUT)}


@dataclass
class _Rows:
    """The rows of a file as they are read, and what is wrong with them."""

    problems: Collector
    recorded: dict[tuple[str, int], Mapping[str, Any]] = field(default_factory=dict)
    lines: dict[tuple[str, int], int] = field(default_factory=dict)
    carried: set[str] = field(default_factory=set)
    only_passages: list[int] = field(default_factory=list)

    def add(self, line: int, raw: Any) -> None:  # noqa: ANN401 - a value of JSON
        found = validate(RecordedOutput, raw, self.problems, lambda *_: (line, 1), _name)
        if found is None:
            return
        key = (found.id, found.replicate or 0)
        if key in self.recorded:
            again = (
                f"replicate {key[1]} of id {key[0]!r}" if found.replicate is not None else f"id {key[0]!r}"
            )
            message = f"duplicate {again}, first at line {self.lines[key]}"
            self.problems.add(line, 1, "PE321", message, "one output a case, or one a `replicate`")
        kept = {name: value for name, value in raw.items() if name not in ROW_KEYS}
        self.recorded[key], self.lines[key] = kept, line
        self.carried.update(name for name, value in kept.items() if value is not None)
        self.carried |= _told_by_turns(found)
        if "output" not in kept and not any(kept.get(key) is not None for key in CAME_TO):
            self.only_passages.append(line)

    def end(self) -> None:
        """A file of answers has one in every row: without, only the search was recorded."""
        for line in self.only_passages if "output" in self.carried else ():
            self.problems.add(line, 1, "PE340", *NO_OUTPUT)


def _told_by_turns(row: Result) -> set[str]:
    """Which of CALLS the turns of a row have."""
    return {name for turn in row.turns or () for name in CALLS & turn.model_fields_set}


def plan_outputs(tree: Tree, path: str, mapping: ResultMap | None = None) -> OutputsPlan:
    """The recorded outputs of a JSONL file, through a suite's `map:` where it has one.

    Raises InvalidInput with every bad line, and UsageError for a key of the map that no row has.
    """
    rows = _Rows(Collector(path))
    read = read_jsonl(tree.open(path), path, rows.problems.add)
    for line, raw in read if mapping is None else _mapped(read, path, mapping, rows.problems):
        rows.add(line, raw)
    rows.end()
    if rows.problems.found:
        raise InvalidInput(rows.problems.found)
    mark = fingerprint_bytes(tree.read(path).replace(b"\r\n", b"\n"))
    if mapping is not None:
        mark = fingerprint([mark, dict(mapping.texts)])
    replicates = 1 + max((replicate for _, replicate in rows.recorded), default=0)
    return OutputsPlan(path, mark, rows.recorded, frozenset(rows.carried), replicates)


def _mapped(
    read: Iterable[tuple[int, Any]], path: str, mapping: ResultMap, problems: Collector
) -> list[tuple[int, Any]]:
    """The rows as results; what the map cannot read is a problem of its line."""
    found, seen = [], []
    for line, raw in read:
        try:
            found.append((line, mapped_row(raw, mapping)))
        except UsageError as error:
            problems.add(line, 1, "PE340", str(error), "change the row, or the expression")
        else:
            seen.append(raw)
    if not problems.found and (absent := mapping.absent(seen)):
        raise UsageError("; ".join(absent), f"look at the keys of {path}")
    return found


def mapped_row(raw: object, mapping: ResultMap) -> dict[str, object]:
    """A row of another shape as one of results; `id` and `replicate` stay where the map gives none."""
    own = {key: raw[key] for key in ROW_KEYS if isinstance(raw, Mapping) and key in raw}
    return {**own, **mapping.apply(raw)}
