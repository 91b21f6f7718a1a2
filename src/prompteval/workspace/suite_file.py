"""The keys of a suite file, as models."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from prompteval.workspace.endpoint_section import EndpointSection
from prompteval.workspace.field_types import Choice, Names, PathBelowRoot, Ranged, Text, Unique, below_root
from prompteval.workspace.gate_section import WrittenRule
from prompteval.workspace.judges_section import JudgeSection
from prompteval.workspace.rag_section import MODES, Correct, RagFile
from prompteval.workspace.settings import CASE_DEADLINE_SECONDS
from prompteval.workspace.tools_section import ToolsSection
from prompteval.workspace.user_section import UserSection
from prompteval.workspace.validation import MOST_ITEMS, FileModel, Location, problem, problems_at, wanted

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
    name = (options or {}).get("name", kind)
    if not isinstance(name, str) or not name:
        raise problems_at({(kind, "name"): wanted("a non-empty string", name, code="PE208")})
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
    entailment: PathBelowRoot = Field(
        "",
        description="The directory of a sequence classifier that `grounding.entailment` asks, relative to "
        "the suite.",
        examples=["../models/<directory>"],
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
