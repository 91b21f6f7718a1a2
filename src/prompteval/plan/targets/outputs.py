"""`outputs: file.jsonl`: recorded outputs of any system, scored without calling it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from prompteval.cases.record import Typed, Validate
from prompteval.core.errors import InvalidInput
from prompteval.core.fingerprint import fingerprint_bytes
from prompteval.core.problem import Collector, Problem
from prompteval.core.ranges import RANGES
from prompteval.workspace.jsonl import read_jsonl
from prompteval.workspace.tree import Tree
from prompteval.workspace.validation import FileModel, Location, Ranged, problem, validate, wanted

MANY_MODELS = "recorded"


@dataclass(frozen=True)
class OutputsPlan:
    """A file of recorded outputs, read and indexed by case id."""

    path: str
    fingerprint: str
    recorded: Mapping[str, Mapping[str, Any]]

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


def _case_id(value: Any) -> str:  # noqa: ANN401 - a value of JSON
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise problem("the output has no id of a case")
    return str(value)


def _logprob(value: Any) -> Any:  # noqa: ANN401 - a value of JSON
    if value == []:
        raise problem("logprob has a number for the output, or one a token")
    for item in value if isinstance(value, list) else [value]:
        if not RANGES["logprob"].holds(item):
            raise wanted(str(RANGES["logprob"]), item)
    return value


def _name(place: Location) -> str:
    return {0: "a recorded output", 2: f"{place[-1]} in usage"}.get(len(place)) or str(place[0])


_Tokens = Annotated[int, Ranged("tokens")]


class _Usage(FileModel):
    code = "PE340"
    mapping = "an object"

    prompt_tokens: _Tokens = 0
    completion_tokens: _Tokens = 0
    cached_tokens: _Tokens = 0
    reasoning_tokens: _Tokens = 0


class _Recorded(FileModel):
    """One line. The plan keeps what was read, not the model of it: a million of those would not fit."""

    code = "PE340"
    mapping = "an object"

    id: Annotated[str, BeforeValidator(_case_id)] = Field(examples=['{"id": "...", "output": ...}'])
    output: Any
    model: str = ""
    latency_ms: Annotated[float, Ranged("latency_ms")] = 0.0
    usage: _Usage = _Usage()
    logprob: Annotated[Any, BeforeValidator(_logprob)] = None
    confidence: Annotated[float, Ranged("confidence")] = 1.0


def plan_outputs(tree: Tree, path: str) -> OutputsPlan:
    """The recorded outputs of a JSONL file. Raises InvalidInput with every bad line."""
    problems = Collector(path)
    recorded: dict[str, Mapping[str, Any]] = {}
    lines: dict[str, int] = {}
    for line, raw in read_jsonl(tree.open(path), path, problems.add):
        found = validate(_Recorded, raw, problems, lambda *_, line=line: (line, 1), _name)
        if found is None:
            continue
        if found.id in recorded:
            message = f"duplicate id {found.id!r}, first at line {lines[found.id]}"
            problems.add(line, 1, "PE321", message, "one output a case")
        recorded[found.id], lines[found.id] = raw, line
    if problems.found:
        raise InvalidInput(problems.found)
    return OutputsPlan(path, fingerprint_bytes(tree.read(path).replace(b"\r\n", b"\n")), recorded)
