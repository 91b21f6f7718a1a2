"""`outputs: file.jsonl`: recorded outputs of any system, scored without calling it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prompteval.cases.record import Typed, Validate
from prompteval.core.errors import InvalidInput
from prompteval.core.fingerprint import fingerprint_bytes
from prompteval.core.problem import Problem, did_you_mean
from prompteval.core.ranges import RANGES, shown
from prompteval.workspace.jsonl import read_jsonl
from prompteval.workspace.tree import Tree

KEYS = frozenset({"id", "output", "model", "latency_ms", "usage", "logprob", "confidence"})
_USAGE = frozenset({"prompt_tokens", "completion_tokens", "cached_tokens", "reasoning_tokens"})
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


def plan_outputs(tree: Tree, path: str) -> OutputsPlan:
    """The recorded outputs of a JSONL file. Raises InvalidInput with every bad line."""
    problems: list[Problem] = []

    def note(line: int, column: int, code: str, message: str, help: str = "") -> None:
        problems.append(Problem(path, line, column, code, message, help))

    recorded: dict[str, Mapping[str, Any]] = {}
    lines: dict[str, int] = {}
    for line, raw in read_jsonl(tree.open(path), path, note):
        reason, help = _wrong(raw)
        if reason:
            note(line, 1, "PE340", reason, help)
            continue
        case_id = str(raw["id"])
        if case_id in recorded:
            message = f"id {case_id!r} stands twice, first at line {lines[case_id]}"
            note(line, 1, "PE321", message, "one output a case")
        recorded[case_id], lines[case_id] = raw, line
    if problems:
        raise InvalidInput(problems)
    return OutputsPlan(path, fingerprint_bytes(tree.read(path).replace(b"\r\n", b"\n")), recorded)


def _wrong(raw: Any) -> tuple[str, str]:
    """(what is wrong with a recorded output, how to mend it); empty when nothing is."""
    shape = 'write {"id": "...", "output": ...}'
    if not isinstance(raw, dict):
        return "a recorded output is an object", shape
    for key in raw:
        if key not in KEYS:
            return f"unknown key {key!r}", did_you_mean(str(key), KEYS)
    if isinstance(raw.get("id"), bool) or not isinstance(raw.get("id"), str | int) or raw["id"] == "":
        return "the output has no id of a case", shape
    if "output" not in raw:
        return "there is no output", shape
    if not isinstance(raw.get("model", ""), str):
        return f"model is a text, not {shown(raw['model'])}", ""
    usage = raw.get("usage", {})
    if not isinstance(usage, dict):
        return "usage is an object of token counts", '{"prompt_tokens": 40, "completion_tokens": 3}'
    for key in usage:
        if key not in _USAGE:
            return f"unknown key {key!r} in usage", did_you_mean(str(key), _USAGE)
    return _wrong_number(raw, usage), ""


def _wrong_number(raw: Mapping[str, Any], usage: Mapping[str, Any]) -> str:
    """The first number that is none, or is out of its range."""
    found = [("tokens", f"{name} in usage", value) for name, value in usage.items()]
    found += [(name, name, raw[name]) for name in ("latency_ms", "confidence") if name in raw]
    logprob = raw.get("logprob", 0.0)
    if logprob == []:
        return "logprob has a number for the output, or one a token"
    found += [
        ("logprob", "logprob", value) for value in (logprob if isinstance(logprob, list) else [logprob])
    ]
    return next((fault for key, name, value in found if (fault := RANGES[key].fault(name, value))), "")
