"""Suite files: `evals/<suite>.yaml`, read strictly, every problem at its own line."""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Collector, did_you_mean, unknown_keys
from prompteval.core.ranges import RANGES
from prompteval.workspace.discovery import suite_name
from prompteval.workspace.rag_section import RagSection, SectionReader, rag_schema
from prompteval.workspace.text import decode
from prompteval.workspace.tree import Tree
from prompteval.workspace.yaml12 import Document, Pointer, parse

TargetKind = Literal["prompt", "callable", "endpoint", "outputs", "none"]
TARGETS: tuple[TargetKind, ...] = ("prompt", "callable", "endpoint", "outputs")
KEYS = {
    *TARGETS, "cases", "models", "repeat", "split", "scorers", "metrics", "primary", "slices",
    "references", "gate", "rag", "on_error", "allow_unscored", "description",
}  # fmt: skip
LISTS = (
    "cases", "models", "split", "scorers", "metrics", "primary", "slices", "references", "gate",
)  # fmt: skip
REFERENCES = ("majority", "random")


@dataclass(frozen=True, slots=True)
class Named:
    """A name in a suite file, with its place."""

    text: str
    line: int
    col: int


@dataclass(frozen=True, slots=True)
class TargetSpec:
    """What a suite runs: a prompt's name, a callable, an endpoint or recorded outputs."""

    kind: TargetKind
    value: str
    line: int
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaseSource:
    """A case file, as a path from the workspace root, or cases written in the suite itself."""

    path: str | None
    inline: tuple[Any, ...]
    line: int
    places: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ScorerSpec:
    """A scorer as the suite names it, with its options."""

    kind: str
    options: Mapping[str, Any]
    name: str
    line: int
    col: int

    @property
    def function(self) -> str:
        """The `module:function` of a `python:` scorer."""
        return str(self.options.get("value") or self.options.get("function") or "")


@dataclass(frozen=True, slots=True)
class GateSpec:
    """One rule of a gate, not parsed yet: a text, or a mapping such as {beats: ...}."""

    rule: str | Mapping[str, Any]
    line: int
    col: int


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite file. `name` is its file's name without the ending."""

    name: str
    path: str
    target: TargetSpec
    cases: tuple[CaseSource, ...]
    models: tuple[Named, ...] = ()
    repeat: int = 1
    split: tuple[Named, ...] = ()
    scorers: tuple[ScorerSpec, ...] = ()
    metrics: tuple[Named, ...] = ()
    primary: tuple[Named, ...] = ()
    slices: tuple[Named, ...] = ()
    references: tuple[Named, ...] = ()
    gate: tuple[GateSpec, ...] = ()
    rag: RagSection | None = None
    on_error: Literal["worst", "exclude"] = "worst"
    allow_unscored: float = 0.0
    description: str = ""

    @property
    def functions(self) -> tuple[str, ...]:
        """What the suite names as Python, each as `module:function`."""
        named = [self.target.value] if self.target.kind == "callable" else []
        named += [scorer.function for scorer in self.scorers if scorer.kind == "python"]
        if self.rag is not None and self.rag.retriever.kind == "python":
            named.append(str(self.rag.retriever.options["python"]))
        return tuple(named)

    @property
    def splits(self) -> tuple[str, ...]:
        """The names of the splits that it takes its cases from; all cases when empty."""
        return tuple(named.text for named in self.split)


def load_suite(tree: Tree, path: str) -> Suite:
    """The suite at `path`. Raises InvalidInput with all problems of the file."""
    document = parse(decode(tree.read(path), path), path)
    reader = _Reader(document, path)
    suite = reader.suite()
    if reader.problems.found or suite is None:
        raise InvalidInput(reader.problems.found)
    return suite


class _Reader:
    def __init__(self, document: Document, path: str) -> None:
        self._document = document
        self._path = path
        self.problems = Collector(path)

    def suite(self) -> Suite | None:
        raw = self._document.value
        if not isinstance(raw, dict):
            self._note((), "PE201", "a suite is a mapping of keys to values", "see `prompteval schema suite`")
            return None
        unknown, more = unknown_keys(raw, KEYS)
        for key, help in unknown:
            self._note((key,), "PE202", f"unknown key {key!r}", help, key=True)
        self.problems.skip(more)
        self._note_empty(raw)
        target = self._target(raw)
        cases = self._cases(raw)
        if target is None or cases is None:
            return None
        on_error = raw.get("on_error", "worst")
        if on_error not in ("worst", "exclude"):
            self._note(("on_error",), "PE203", "on_error is worst or exclude")
            on_error = "worst"
        return Suite(
            name=suite_name(self._path),
            path=self._path,
            target=target,
            cases=cases,
            models=self._names(raw, "models"),
            repeat=self._repeat(raw),
            split=self._names(raw, "split"),
            scorers=self._scorers(raw),
            metrics=self._names(raw, "metrics"),
            primary=self._names(raw, "primary"),
            slices=self._names(raw, "slices"),
            references=self._references(raw),
            gate=self._gate(raw),
            rag=self._rag(raw),
            on_error=on_error,
            allow_unscored=self._allow_unscored(raw),
            description=str(raw.get("description") or ""),
        )

    def _allow_unscored(self, raw: Mapping[str, Any]) -> float:
        """The share of cases that a scorer may fail on before the run is incomplete."""
        value = raw.get("allow_unscored", 0.0)
        fault = RANGES["allow_unscored"].fault("allow_unscored", value)
        if fault:
            self._note(("allow_unscored",), "PE203", fault)
            return 0.0
        return float(value)

    def _note_empty(self, raw: Mapping[str, Any]) -> None:
        """A key whose rules are all commented out, say: it would decide nothing, and look as if it did."""
        for key in raw:
            if key in LISTS and raw[key] in (None, [], ""):
                self._note(
                    (key,), "PE212", f"{key} is empty", "write what it should hold, or remove it", key=True
                )

    def _note(self, pointer: Pointer, code: str, message: str, help: str = "", *, key: bool = False) -> None:
        place = self._document.key_place(pointer) if key else self._document.place(pointer)
        self.problems.add(*place, code, message, help)

    def _target(self, raw: Mapping[str, Any]) -> TargetSpec | None:
        given = [kind for kind in TARGETS if kind in raw]
        if len(given) > 1:
            self._note(
                (given[1],), "PE204", f"a suite has one target, here are {' and '.join(given)}", key=True
            )
            return None
        if not given:
            if "rag" in raw:
                return TargetSpec("none", "", self._document.key_place(("rag",))[0])
            self._note((), "PE205", "the suite has no target", "add `prompt: <name>`")
            return None
        kind = given[0]
        value = raw[kind]
        line = self._document.place((kind,))[0]
        if kind == "endpoint" and isinstance(value, dict):
            return TargetSpec(kind, str(value.get("url", "")), line, value)
        if not isinstance(value, str) or not value:
            self._note((kind,), "PE203", f"{kind} is a name", f"write `{kind}: ...`")
            return None
        if kind == "outputs":
            value = self._below_root(value, (kind,))
        return TargetSpec(kind, value, line)

    def _cases(self, raw: Mapping[str, Any]) -> tuple[CaseSource, ...] | None:
        if "cases" not in raw:
            self._note((), "PE206", "the suite has no cases", "add `cases: ../datasets/<file>.jsonl`")
            return None
        value = raw["cases"]
        if isinstance(value, str):
            return (CaseSource(self._below_root(value, ("cases",)), (), self._line(("cases",))),)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(
                CaseSource(self._below_root(item, ("cases", index)), (), self._line(("cases", index)))
                for index, item in enumerate(value)
            )
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            places = tuple(self._document.place(("cases", index)) for index in range(len(value)))
            return (CaseSource(None, tuple(value), self._line(("cases",)), places),)
        self._note(("cases",), "PE203", "cases is a path, a list of paths, or a list of cases")
        return None

    def _line(self, pointer: Pointer) -> int:
        return self._document.place(pointer)[0]

    def _below_root(self, value: str, pointer: Pointer) -> str:
        """A path in a suite starts at the suite file; given back as a path from the root."""
        joined = posixpath.normpath(posixpath.join(posixpath.dirname(self._path), value))
        if value.startswith("/") or joined.startswith(".."):
            self._note(pointer, "PE207", f"{value} leads out of the workspace", "keep files below its root")
        return joined

    def _names(self, raw: Mapping[str, Any], key: str) -> tuple[Named, ...]:
        value = raw.get(key)
        if value is None:
            return ()
        items = value if isinstance(value, list) else [] if value == "" else [value]
        found: list[Named] = []
        for index, item in enumerate(items):
            pointer: Pointer = (key, index) if isinstance(value, list) else (key,)
            if isinstance(item, str) and item:
                self._note_double(item, found, pointer)
                found.append(Named(item, *self._document.place(pointer)))
            else:
                self._note(pointer, "PE203", f"{key} is a list of names, not {item!r}")
        return tuple(found)

    def _note_double(self, item: str, before: list[Named], pointer: Pointer) -> None:
        other = next((named for named in before if named.text == item), None)
        if other is not None:
            self._note(pointer, "PE211", f"duplicate {item!r}", f"line {other.line} has it already")

    def _repeat(self, raw: Mapping[str, Any]) -> int:
        value = raw.get("repeat", 1)
        fault = RANGES["repeat"].fault("repeat", value)
        if fault:
            self._note(("repeat",), "PE203", fault)
            return 1
        return int(value)

    def _scorers(self, raw: Mapping[str, Any]) -> tuple[ScorerSpec, ...]:
        value = raw.get("scorers")
        if value is None:
            return ()
        if not isinstance(value, list):
            self._note(("scorers",), "PE203", "scorers is a list", "write `scorers: [exact]`")
            return ()
        found = []
        for index, item in enumerate(value):
            pointer: Pointer = ("scorers", index)
            if isinstance(item, str):
                found.append(ScorerSpec(item, {}, item, *self._document.place(pointer)))
            elif isinstance(item, dict) and len(item) == 1:
                found.append(self._scorer(pointer, *next(iter(item.items()))))
            else:
                self._note(
                    pointer, "PE208", "a scorer is a name, or one name with options", "{exact: {field: x}}"
                )
        return tuple(found)

    def _scorer(self, pointer: Pointer, kind: str, options: Any) -> ScorerSpec:
        place = self._document.place(pointer)
        if isinstance(options, str):  # {python: "module:function"}, {contains: "text"}
            options = {"value": options}
        elif options is None:
            options = {}
        elif not isinstance(options, dict):
            self._note(pointer, "PE208", f"the options of {kind} are a mapping")
            options = {}
        name = options.get("name", kind)
        rest = {key: value for key, value in options.items() if key != "name"}
        return ScorerSpec(str(kind), rest, str(name), *place)

    def _references(self, raw: Mapping[str, Any]) -> tuple[Named, ...]:
        names = self._names(raw, "references")
        for index, named in enumerate(names):
            if named.text not in REFERENCES:
                help = did_you_mean(named.text, REFERENCES)
                self._note(("references", index), "PE209", f"there is no reference {named.text!r}", help)
        return names

    def _gate(self, raw: Mapping[str, Any]) -> tuple[GateSpec, ...]:
        value = raw.get("gate")
        if value is None:
            return ()
        if not isinstance(value, list):
            self._note(("gate",), "PE203", "gate is a list of rules", "write `gate: [accuracy >= 0.8]`")
            return ()
        found = []
        for index, item in enumerate(value):
            if isinstance(item, str | dict):
                if item in value[:index]:
                    self._note(("gate", index), "PE211", f"duplicate rule {item!r}", "remove one")
                found.append(GateSpec(item, *self._document.place(("gate", index))))
            else:
                self._note(("gate", index), "PE210", f"a gate rule is a text or a mapping, not {item!r}")
        return tuple(found)

    def _rag(self, raw: Mapping[str, Any]) -> RagSection | None:
        value = raw.get("rag")
        if value is None:
            return None
        if not isinstance(value, dict):
            self._note(("rag",), "PE203", "rag is a mapping")
            return None
        return SectionReader(self._document, self._note, self._below_root).read(
            value, has_prompt="prompt" in raw
        )


def suite_schema() -> dict[str, Any]:
    """The JSON Schema of a suite file, for editors."""
    text = {"type": "string", "minLength": 1}
    some: dict[str, Any] = {"type": "array", "minItems": 1}
    names = {"anyOf": [text, {**some, "items": text, "uniqueItems": True}]}
    option = {"anyOf": [text, {"type": "object", "minProperties": 1, "maxProperties": 1}]}
    properties: dict[str, Any] = {
        "prompt": text, "callable": text, "outputs": text,
        "endpoint": {"type": "object"},
        "cases": {"anyOf": [text, {"type": "array", "items": {"type": ["string", "object"]}, "minItems": 1}]},
        "models": names, "split": names, "metrics": names, "primary": names, "slices": names,
        "repeat": RANGES["repeat"].schema(),
        "scorers": {**some, "items": option},
        "references": {**some, "items": {"enum": list(REFERENCES)}, "uniqueItems": True},
        "gate": {**some, "items": {"type": ["string", "object"]}, "uniqueItems": True},
        "rag": rag_schema(),
        "on_error": {"enum": ["worst", "exclude"]},
        "allow_unscored": RANGES["allow_unscored"].schema(),
        "description": {"type": "string"},
    }  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "prompteval suite",
        "type": "object",
        "additionalProperties": False,
        "required": ["cases"],
        "properties": properties,
    }
