"""Suite files: `evals/<suite>.yaml`, read strictly, every problem at its own line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Collector
from prompteval.workspace.discovery import suite_name
from prompteval.workspace.endpoint_section import EndpointSection
from prompteval.workspace.gate_section import WrittenRule
from prompteval.workspace.judges_section import JUDGE_KINDS, JudgeSection
from prompteval.workspace.rag_section import MODES, Correct, RagFile, RagSection, rag_section
from prompteval.workspace.settings import CASE_DEADLINE_SECONDS
from prompteval.workspace.text import decode
from prompteval.workspace.tools_section import ToolsSection
from prompteval.workspace.tree import Tree
from prompteval.workspace.user_section import UserSection
from prompteval.workspace.validation import (
    MOST_ITEMS,
    Choice,
    FileModel,
    Location,
    Names,
    PathBelowRoot,
    Ranged,
    Text,
    Unique,
    below_root,
    problem,
    problems_at,
    validate,
)
from prompteval.workspace.yaml12 import YamlDocument, parse

TargetKind = Literal["prompt", "callable", "endpoint", "outputs", "none"]
TARGETS: tuple[TargetKind, ...] = ("prompt", "callable", "endpoint", "outputs")
# Keys that go with some targets alone.
RESULT_KEYS: Mapping[str, tuple[TargetKind, ...]] = {
    "result": ("callable", "endpoint"),
    "map": ("callable", "endpoint", "outputs"),
    "corpus": ("callable", "endpoint", "outputs"),
    "tools": ("prompt",),
    "timeout_s": ("callable",),
    "user": ("prompt", "callable", "endpoint"),
    "user_input": ("prompt",),
}
LISTS = ("cases", "models", "split", "scorers", "metrics", "primary", "slices", "references", "gate")


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
    """A case file, as a path from the workspace root, or cases written in the suite itself."""

    path: str | None
    inline: tuple[object, ...]
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
    `judges` says by the name of its scorer what is known of a judge.
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
    gate: tuple[GateSpec, ...] = ()
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


def _sources(value: object, info: ValidationInfo) -> list[Any]:
    """Paths from the workspace root, or cases as they are."""
    items = value if isinstance(value, list) else [value]
    if isinstance(value, list) and all(isinstance(item, dict) for item in items):
        return items
    if not all(isinstance(item, str) for item in items):
        raise problem("cases must be a path, a list of paths, or a list of cases")
    found: list[str] = []
    wrong: dict[Location, PydanticCustomError] = {}
    for index, item in enumerate(items):
        try:
            found.append(below_root(item, info))
        except PydanticCustomError as error:
            wrong[index,] = error
    if wrong:
        raise problems_at(wrong)
    return found


def _scorer(value: object) -> tuple[str, Mapping[str, object]]:
    """(kind, options) of `kind`, `{kind: text}` or `{kind: {option: value}}`."""
    if isinstance(value, str):
        return value, {}
    if not isinstance(value, dict) or len(value) != 1:
        raise problem(
            "a scorer must be a name, or one name with options", "{exact: {field: x}}", code="PE208"
        )
    kind, options = next(iter(value.items()))
    if isinstance(options, str):  # {python: "module:function"}, {contains: "text"}
        options = {"value": options}
    if not isinstance(options, dict | None):
        raise problem(f"the options of {kind} must be a mapping", code="PE208")
    return str(kind), options or {}


_Named = Text | Annotated[dict[str, Any], Field(min_length=1, max_length=1)]
_Cases = Annotated[
    list[Any],
    BeforeValidator(_sources, json_schema_input_type=Text | list[Text] | list[dict[str, Any]]),
]
_Scorer = Annotated[Any, BeforeValidator(_scorer, json_schema_input_type=_Named)]
_Reference = Annotated[str, Choice("reference", ("majority", "random"), "PE209")]


class SuiteFile(FileModel):
    """A suite: what runs, on which cases, how its answers are scored, and what must hold."""

    code = "PE203"
    unknown_code = "PE202"

    prompt: Text = Field(
        "",
        description="The prompt to run, a directory of prompts/, or name@v1, name@production.",
        examples=["NAME"],
    )
    callable: Text = Field(
        "", description="A function of the workspace to run.", examples=["package.module:function"]
    )
    outputs: PathBelowRoot = Field(
        "",
        description="Recorded outputs to score, relative to the suite.",
        examples=["../datasets/FILE.jsonl"],
    )
    endpoint: EndpointSection | None = Field(None, description="An HTTP endpoint that answers each case.")
    cases: _Cases = Field(
        description="Case files, relative to the suite, or the cases themselves.",
        examples=["../datasets/FILE.jsonl"],
    )
    models: Names = Field(
        [],
        description="The models to run on. [default: the default model of the settings]",
        examples=["[local/use]"],
    )
    repeat: Annotated[int, Ranged("repeat")] = Field(1, description="How often each case runs.")
    split: Names = Field(
        [], description="The splits whose cases run. [default: all cases]", examples=["[test]"]
    )
    scorers: list[_Scorer] = Field(
        [], description="What scores each output: names, or names with options.", examples=["[exact]"],
        min_length=1, max_length=MOST_ITEMS,
    )  # fmt: skip
    metrics: Names = Field([], description="The numbers to report.", examples=["[accuracy]"])
    primary: Names = Field(
        [],
        description="The metrics that decide a comparison. [default: those of the gate]",
        examples=["[accuracy]"],
    )
    slices: Names = Field(
        [],
        description="The tags whose values split the cases into reported slices.",
        examples=["[channel]"],
    )
    references: Unique[_Reference] = Field(
        [], description="The trivial predictors to report beside the suite."
    )
    gate: Unique[WrittenRule] = Field(
        [], description="The rules that must all hold.", examples=["[accuracy >= 0.8]"]
    )
    rag: RagFile | None = Field(None, description="The retrieval pipeline.")
    on_error: Literal["worst", "exclude"] = Field(
        "worst", description="Whether a case whose target failed counts as the worst, or is left out."
    )
    allow_unscored: Annotated[float, Ranged("allow_unscored")] = Field(
        0.0, description="The share of cases that a scorer may fail on before the run is incomplete."
    )
    description: str | None = Field(
        "", description="What the suite is for.", examples=["Routes support messages."]
    )
    abstain: Text = Field(
        "",
        description="A regular expression: a text answer in which it is found abstains.",
        examples=["(?i)i don't know|cannot answer"],
    )
    result: bool = Field(
        False,
        description="Whether what the callable or endpoint gives back is a result: an output with passages, "
        "citations, tool calls and the like.",
    )
    map: dict[str, Text] | None = Field(
        None,
        description="How a result is made of what the system gives back or recorded: a JMESPath expression "
        "for each key.",
        examples=['{output: "answer.text"}'],
    )
    timeout_s: Annotated[float, Ranged("timeout_s")] = Field(
        CASE_DEADLINE_SECONDS, description="The seconds that one call of the callable may take."
    )
    corpus: PathBelowRoot = Field(
        "",
        description="The documents that the gold refers to, relative to the suite.",
        examples=["../datasets/<directory>"],
    )
    correct: Correct = Field(
        "em", description="What a right answer is: exact match, or F1 from one half too."
    )

    tools: ToolsSection | None = Field(
        None, description="The functions that are called for the tools of the prompt."
    )
    user: UserSection | None = Field(None, description="The prompt that plays the user of a conversation.")
    user_input: Text = Field(
        "",
        description="The input of the prompt that takes what the user of a conversation says. "
        "[default: the one text input after the history]",
        examples=["message"],
    )
    judges: dict[str, JudgeSection] = Field(
        {}, description="By the name of its scorer, how far each judge agrees with people."
    )

    @classmethod
    def refused(cls, raw: Mapping[Any, Any]) -> Mapping[Location, PydanticCustomError]:
        found: dict[Location, PydanticCustomError] = {}
        for (
            key
        ) in LISTS:  # a key whose rules are all commented out would decide nothing, and look as if it did
            if key in raw and raw[key] in (None, [], ""):
                help = "fill it in, or remove it"
                found[key,] = problem(f"{key} is empty", help, code="PE212", at_key=True)
        if "cases" not in raw:
            help = "add `cases: ../datasets/<file>.jsonl`"
            found["cases",] = problem("the suite has no cases", help, code="PE206")
        given = [kind for kind in TARGETS if kind in raw]
        if len(given) > 1:
            message = f"a suite must have one target, found {' and '.join(given)}"
            found[given[1],] = problem(message, code="PE204", at_key=True)
        system = given[0] if len(given) == 1 else ""
        for key, kinds in RESULT_KEYS.items():
            if raw.get(key) and ("rag" in raw or system not in kinds):
                message = f"{key} belongs to a suite with {' or '.join(kinds)}"
                found[key,] = problem(message, code="PE203", at_key=True)
        if not given and "rag" not in raw:
            found["prompt",] = problem("the suite has no target", "add `prompt: <name>`", code="PE205")
        modes = raw["rag"].get("modes") if isinstance(raw.get("rag"), dict) and "prompt" not in raw else None
        for index, mode in enumerate(modes if isinstance(modes, list) else [modes]):
            if mode in MODES[1:]:
                error = problem(f"mode {mode} calls a model", "add `prompt: <name>`", code="PE270")
                found["rag", "modes", index] = error
        return found


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

    scorers = [
        ScorerSpec(
            kind,
            {option: value for option, value in options.items() if option != "name"},
            str(options.get("name", _default_name(kind, options))),
            *document.place(("scorers", index)),
        )
        for index, (kind, options) in enumerate(file.scorers)
    ]
    return Suite(
        name=suite_name(path),
        path=path,
        target=_target(file, document),
        cases=_cases(file.cases, document),
        models=names("models", file.models),
        repeat=file.repeat,
        split=names("split", file.split),
        scorers=tuple(scorers),
        metrics=names("metrics", file.metrics),
        primary=names("primary", file.primary),
        slices=names("slices", file.slices),
        references=names("references", file.references),
        gate=tuple(GateSpec(rule, *document.place(("gate", i))) for i, rule in enumerate(file.gate)),
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
        judges=file.judges,
        judge_places={name: document.key_place(("judges", name)) for name in file.judges},
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
    places = tuple(document.place(("cases", index)) for index in range(len(items)))
    if isinstance(items[0], str):
        return tuple(CaseSource(item, (), line) for item, (line, _) in zip(items, places, strict=True))
    return (CaseSource(None, tuple(items), document.place(("cases",))[0], places),)
