"""The JSON Schema of an entry of `scorers`: a name, or a kind with its own options."""

from dataclasses import MISSING, fields, is_dataclass
from dataclasses import Field as DataclassField
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, PydanticUserError, create_model

from prompteval.core.protocols import SCORE_SECONDS
from prompteval.core.registry import resolve, table
from prompteval.scoring.build import GROUP, INJECTED
from prompteval.scoring.turn import OPTION, Turn

# Of the options of our own scorers; the fields of another say it in their metadata.
_DESCRIPTIONS = {
    "name": "The name of the score. [default: the kind]",
    "field": "A dotted path into the output and the expected object.",
    "extract": "A regular expression with one group around the answer in a text.",
    "threshold": "The value from which a graded score passes; without it, it only measures.",
    "value": "The text, or for regex the pattern, to find in the answer; else what is expected.",
    "ignore_case": "Whether upper and lower case are the same.",
    "pattern": "The regular expression to find in the answer.",
    "abs_tol": "How far a number may be off.",
    "rel_tol": "How far a number may be off, as a share of the expected one.",
    "path": "A dotted path into the output, such as items.0.price.",
    "expected": "Whether the model should refuse.",
    "match": "Which calls are right: the same in order (exact) or in any_order, with others (contains), or "
    "none that is not expected (within).",
    "strings": "How texts are compared: exact, or loose, without case, spaces and , . / - _ * ^.",
    "assign": "Which call goes with which: the best for all, or for each the first left that is right.",
    "ignore": "Names of arguments that are not compared.",
    "schemas": "The tools' definitions, or a dotted path to them in a case. [default: those of the prompt]",
    "tokenize": "How words are separated: auto, or a tokenizer of sacrebleu.",
    "function": "The function of the workspace, as module:function.",
    "timeout_s": "The seconds that one score may take.",
    "turn": "Which turns of a conversation are scored: the last, all, or the one of this number.",
    "version": "A promise that the same answer scores the same until it changes, so that scores are cached.",
    "thread_safe": "Whether calls may run side by side.",
}


class _Python(BaseModel):
    """A function of the workspace as a scorer, or a class, which takes options of its own.

    Example: `{python: "evals.my_scorers:polite"}`
    """

    model_config = ConfigDict(extra="allow")

    function: str = Field(description=_DESCRIPTIONS["function"])
    name: str = Field("", description=_DESCRIPTIONS["name"])
    threshold: float | None = Field(None, description=_DESCRIPTIONS["threshold"])
    timeout_s: float = Field(SCORE_SECONDS, description=_DESCRIPTIONS["timeout_s"], gt=0)
    version: str = Field("", description=_DESCRIPTIONS["version"])
    thread_safe: bool = Field(True, description=_DESCRIPTIONS["thread_safe"])
    turn: Turn = Field("last", description=_DESCRIPTIONS["turn"])


def scorer_schema() -> dict[str, Any]:
    """For the scorers of this installation; one that is not a dataclass may have any options."""
    text = {"type": "string", "minLength": 1}
    properties = {}
    for kind in scorer_kinds():
        options = scorer_options(kind)
        description = options.pop("description")
        properties[kind] = {"description": description, "anyOf": [text, options, {"type": "null"}]}
    entry = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False}
    return {"anyOf": [text, {**entry, "properties": properties}]}


def scorer_kinds() -> tuple[str, ...]:
    """Every kind that an entry of `scorers` may name."""
    return (*table(GROUP), "python")


def scorer_class(kind: str) -> object:
    """What makes a scorer of a kind, and says in its docstring what it is. Raises UsageError as `resolve`."""
    return _Python if kind == "python" else resolve(GROUP, kind)


def scorer_options(kind: str) -> dict[str, Any]:
    """The JSON Schema of the options of a kind."""
    scorer = scorer_class(kind)
    description = (scorer.__doc__ or "").split("\n")[0]
    if scorer is _Python:
        return {**_Python.model_json_schema(), "description": description}
    any_options = {"type": "object", "description": description}
    if not is_dataclass(scorer):
        return any_options
    try:
        hints = get_type_hints(scorer)
        options: dict[str, Any] = {
            item.name: (hints[item.name], _field(item))
            for item in fields(scorer)
            if item.name not in INJECTED or item.name == "name"
        }
        options[OPTION] = (Turn, Field("last", description=_DESCRIPTIONS[OPTION]))
        model = create_model(kind, __config__=ConfigDict(extra="forbid"), **options)
        return {**model.model_json_schema(), "description": description}
    except (NameError, TypeError, PydanticUserError):  # types of a plug-in that no schema can say
        return any_options


def _field(item: "DataclassField[Any]") -> object:
    """The default of a dataclass field and what it is for; a name is given by the suite or the kind."""
    description = item.metadata.get("description") or _DESCRIPTIONS.get(item.name, "")
    if item.name == "name":
        return Field("", description=description)
    if item.default_factory is not MISSING:
        return Field(default_factory=item.default_factory, description=description)
    return Field(... if item.default is MISSING else item.default, description=description)
