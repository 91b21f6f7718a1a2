"""Suite files: `evals/<suite>.yaml`, read strictly, every problem at its own line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Collector
from prompteval.workspace.discovery import suite_name
from prompteval.workspace.endpoint_section import EndpointSection
from prompteval.workspace.gate_section import WrittenRule
from prompteval.workspace.judges_section import JUDGE_KINDS, JudgeSection
from prompteval.workspace.rag_section import Correct, RagSection, rag_section
from prompteval.workspace.settings import CASE_DEADLINE_SECONDS
from prompteval.workspace.suite_file import TARGETS, SuiteFile, TargetKind
from prompteval.workspace.text import decode
from prompteval.workspace.tools_section import ToolsSection
from prompteval.workspace.tree import Tree
from prompteval.workspace.user_section import UserSection
from prompteval.workspace.validation import validate
from prompteval.workspace.yaml12 import YamlDocument, parse


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
    endpoint: EndpointSection | None = None


@dataclass(frozen=True, slots=True)
class CaseSource:
    """A case file, as a path from the workspace root, or cases written in the suite itself.

    `document` is the suite's, whose `cases` are those.
    """

    path: str | None
    inline: tuple[object, ...]
    line: int
    document: YamlDocument = field(repr=False, compare=False)

    def place(self, index: int) -> tuple[int, int]:
        """The line and column of a case that is written in the suite."""
        return self.document.place(("cases", index))


@dataclass(frozen=True, slots=True)
class ScorerSpec:
    """A scorer as the suite names it, with its options, and the file that they are written in."""

    kind: str
    options: Mapping[str, Any]
    name: str
    line: int
    col: int
    path: str = ""
    document: YamlDocument | None = field(default=None, repr=False, compare=False)
    pointer: tuple[str | int, ...] = ()

    def place_of(self, location: tuple[Any, ...], at_key: bool = False) -> tuple[int, int]:
        """Line and column of an option, or of its key; of the entry where it is not written in a file."""
        if self.document is None:
            return (self.line, self.col)
        return self.document.place_of((*self.pointer, *location), at_key)

    @property
    def function(self) -> str:
        """The `module:function` of a `python:` scorer."""
        return str(self.options.get("value") or self.options.get("function") or "")


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """One rule of a gate: a text that is not parsed yet, or a comparison."""

    rule: WrittenRule
    line: int
    col: int


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite file. `name` is its file's name without the ending.

    `abstain` is a pattern: a text answer in which it is found abstains. `result` says that what the system
    gives back is a result, `map` has a JMESPath expression for each key of one. `corpus` holds the documents
    that gold spans are places of, where no `rag` names them; `correct` says what a right answer is. `tools`
    names the functions that stand for the tools of the prompt; without it they are not called. `user` says
    who plays the user of a conversation, `user_input` which input of the prompt takes what the user says.
    `entailment` is the directory of a sequence classifier. `judges` says by the name of its scorer what is
    known of a judge.
    """

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
    gate: tuple[RuleSpec, ...] = ()
    rag: RagSection | None = None
    on_error: Literal["worst", "exclude"] = "worst"
    allow_unscored: float = 0.0
    description: str = ""
    abstain: str = ""
    abstain_place: tuple[int, int] = (1, 1)
    result: bool = False
    map: Mapping[str, str] = field(default_factory=dict)
    map_place: tuple[int, int] = (1, 1)
    timeout_s: float = CASE_DEADLINE_SECONDS
    corpus: str = ""
    corpus_place: tuple[int, int] = (1, 1)
    correct: Correct = "em"
    tools: ToolsSection | None = None
    tools_place: tuple[int, int] = (1, 1)
    user: UserSection | None = None
    user_place: tuple[int, int] = (1, 1)
    user_input: str = ""
    entailment: str = ""
    entailment_place: tuple[int, int] = (1, 1)
    judges: Mapping[str, JudgeSection] = field(default_factory=dict)
    judge_places: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def functions(self) -> tuple[str, ...]:
        """What the suite names as Python, each as `module:function`, or as the module of its tools."""
        named = [self.target.value] if self.target.kind == "callable" else []
        named += [scorer.function for scorer in self.scorers if scorer.kind == "python"]
        if self.rag is not None and self.rag.retriever.kind == "python":
            named.append(str(self.rag.retriever.options["python"]))
        named += [self.tools.module] if self.tools is not None else []
        return tuple(named)

    @property
    def splits(self) -> tuple[str, ...]:
        """The names of the splits that it takes its cases from; all cases when empty."""
        return tuple(named.text for named in self.split)


def load_suite(tree: Tree, path: str) -> Suite:
    """The suite at `path`. Raises InvalidInput with all problems of the file."""
    document = parse(decode(tree.read(path), path), path)
    if not isinstance(document.value, dict):
        problems = Collector(path)
        problems.add(
            *document.place(()),
            "PE201",
            "a suite must be a mapping of keys to values",
            "see `prompteval schema suite`",
        )
        raise InvalidInput(problems.found)
    problems = Collector(path)
    file = validate(SuiteFile, document.value, problems, document.place_of, context=path)
    if file is None:
        raise InvalidInput(problems.found)
    return _suite(file, document, path)


def _suite(file: SuiteFile, document: YamlDocument, path: str) -> Suite:
    """The file's values with their places."""

    def names(key: str, items: list[str]) -> tuple[Named, ...]:
        return tuple(Named(item, *document.place((key, index))) for index, item in enumerate(items))

    return Suite(
        name=suite_name(path),
        path=path,
        target=_target(file, document),
        cases=_cases(file.cases, document),
        models=names("models", file.models),
        repeat=file.repeat,
        split=names("split", file.split),
        scorers=tuple(_scorers(file, document, path)),
        metrics=names("metrics", file.metrics),
        primary=names("primary", file.primary),
        slices=names("slices", file.slices),
        references=names("references", file.references),
        gate=tuple(RuleSpec(rule, *document.place(("gate", i))) for i, rule in enumerate(file.gate)),
        rag=None if file.rag is None else rag_section(file.rag, document, has_prompt=bool(file.prompt)),
        on_error=file.on_error,
        allow_unscored=file.allow_unscored,
        description=file.description or "",
        abstain=file.abstain,
        abstain_place=document.place(("abstain",)) if file.abstain else (1, 1),
        result=file.result,
        map=file.map or {},
        map_place=document.key_place(("map",)) if file.map else (1, 1),
        timeout_s=file.timeout_s,
        corpus=file.corpus,
        corpus_place=document.place(("corpus",)) if file.corpus else (1, 1),
        correct=file.correct,
        tools=file.tools,
        tools_place=document.key_place(("tools",)) if file.tools else (1, 1),
        user=file.user,
        user_place=document.key_place(("user",)) if file.user else (1, 1),
        user_input=file.user_input,
        entailment=file.entailment,
        entailment_place=document.place(("entailment",)) if file.entailment else (1, 1),
        judges=file.judges,
        judge_places={name: document.key_place(("judges", name)) for name in file.judges},
    )


def _scorers(file: SuiteFile, document: YamlDocument, path: str) -> Iterator[ScorerSpec]:
    for index, (kind, options) in enumerate(file.scorers):
        yield ScorerSpec(
            kind,
            {option: value for option, value in options.items() if option != "name"},
            str(options.get("name", _default_name(kind, options))),
            *document.place(("scorers", index)),
            path=path,
            document=document,
            pointer=("scorers", index, kind),
        )


def _default_name(kind: str, options: Mapping[str, object]) -> str:
    """A judge is called as its prompt, any other scorer as its kind."""
    prompt = options.get("prompt")
    return prompt.partition("@")[0] if kind in JUDGE_KINDS and isinstance(prompt, str) else kind


def _target(file: SuiteFile, document: YamlDocument) -> TargetSpec:
    for kind in TARGETS:
        value = getattr(file, kind)
        if value:
            return TargetSpec(
                kind,
                value if isinstance(value, str) else value.url,
                document.place((kind,))[0],
                file.endpoint,
            )
    return TargetSpec("none", "", document.key_place(("rag",))[0])


def _cases(items: list[Any], document: YamlDocument) -> tuple[CaseSource, ...]:
    if isinstance(items[0], str):
        lines = (document.place(("cases", index))[0] for index in range(len(items)))
        return tuple(CaseSource(item, (), line, document) for item, line in zip(items, lines, strict=True))
    return (CaseSource(None, tuple(items), document.place(("cases",))[0], document),)
