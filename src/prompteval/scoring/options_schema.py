"""The JSON Schema of an entry of `scorers`: a name, or a kind with its own options."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from dataclasses import Field as DataclassField
from typing import Any, get_type_hints

from pydantic import Field, PydanticUserError, create_model
from pydantic.fields import FieldInfo

from prompteval.core.registry import resolve, table
from prompteval.scoring.build import GROUP, INJECTED
from prompteval.scoring.python_options import PythonOptions
from prompteval.workspace.scorer_options import ScorerOptions, declared_options
from prompteval.workspace.validation import schema_of

DEFINITIONS = "$defs"


def scorer_schema() -> tuple[dict[str, Any], Mapping[str, Any]]:
    """(the schema for the scorers of this installation, what it refers to below `$defs`).

    A plug-in that has neither a model nor fields may have any options.
    """
    text = {"type": "string", "minLength": 1}
    properties: dict[str, Any] = {}
    definitions: dict[str, Any] = {}
    for kind in scorer_kinds():
        options = scorer_options(kind)
        definitions |= options.pop(DEFINITIONS, {})
        description = options.pop("description")
        properties[kind] = {"description": description, "anyOf": [text, options, {"type": "null"}]}
    entry = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False}
    return {"anyOf": [text, {**entry, "properties": properties}]}, definitions


def scorer_kinds() -> tuple[str, ...]:
    """Every kind that an entry of `scorers` may name."""
    return (*table(GROUP), "python")


def scorer_class(kind: str) -> object:
    """What makes a scorer of a kind, and says in its docstring what it is. Raises UsageError as `resolve`."""
    return PythonOptions if kind == "python" else resolve(GROUP, kind)


def scorer_options(kind: str) -> dict[str, Any]:
    """The JSON Schema of the options of a kind."""
    scorer = scorer_class(kind)
    description = (scorer.__doc__ or "").split("\n")[0]
    if scorer is PythonOptions:  # a class of the workspace takes options of its own
        schema = schema_of(PythonOptions, kind)
        return {**_bare(schema), "additionalProperties": True, "description": description}
    model = declared_options(scorer) or _model_of_fields(kind, scorer)
    if model is None:
        return {"type": "object", "description": description}
    return {**_bare(schema_of(model, kind)), "description": description}


def _bare(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in ("$schema", "title")}


def _model_of_fields(kind: str, scorer: object) -> type[ScorerOptions] | None:
    """Of a plug-in that is a dataclass: its fields. None where no schema can say their types."""
    if not is_dataclass(scorer):
        return None
    try:
        hints = get_type_hints(scorer)
        options: dict[str, Any] = {
            item.name: (hints[item.name], _field(item))
            for item in fields(scorer)
            if item.name not in INJECTED
        }
        model: type[ScorerOptions] = create_model(kind, __base__=ScorerOptions, **options)
        schema_of(model, kind)
        return model
    except (NameError, TypeError, PydanticUserError):
        return None


def _field(item: "DataclassField[Any]") -> FieldInfo:
    """The default of a field, and what its metadata says that it is for."""
    description = str(item.metadata.get("description", ""))
    if item.default_factory is not MISSING:
        return _info(Field(default_factory=item.default_factory, description=description))
    return _info(Field(... if item.default is MISSING else item.default, description=description))


def _info(made: FieldInfo) -> FieldInfo:
    """`Field` says that it gives the type of the field."""
    return made
