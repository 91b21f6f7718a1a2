"""Tools of a prompt: typed functions or pydantic models, as definitions and as readers of arguments."""

import inspect
import json
import re
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.errors import PydanticUserError

from prompteval.core.errors import UsageError
from prompteval.core.tools import RequestedCall, ToolDefinition
from prompteval.prompt.field_errors import in_one_line
from prompteval.prompt.schema import json_schema, strict_schema
from prompteval.prompt.values import read_json

# What servers take as the name of a function (API reference of OpenAI, "tools").
_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_Kind = inspect._ParameterKind
_REFUSED: Final = {
    _Kind.VAR_POSITIONAL: "takes any number of arguments",
    _Kind.VAR_KEYWORD: "takes arguments of any name",
    _Kind.POSITIONAL_ONLY: "has an argument without a name",
}
ToolSource = Callable[..., Any] | type[BaseModel]


class ToolFault(UsageError):
    """What is not a tool; `path` and `line` are where its function is written, where that is known."""

    def __init__(self, message: str, help: str, source: object) -> None:
        super().__init__(message, help)
        self.message = message
        code = getattr(source, "__code__", None)
        self.path: str = getattr(code, "co_filename", "")
        self.line: int = getattr(code, "co_firstlineno", 0)


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a call as a tool reads them.

    `values` are the JSON values that were written, without a null that stands for a default; `typed` are
    those of the tool's own types, by the names that its function takes, defaults included. `fault` says in
    one line why a call cannot be made; `values` is None where the text is not a JSON object.
    """

    values: Mapping[str, Any] | None
    typed: Mapping[str, Any]
    fault: str = ""


class Tool:
    """One tool of a prompt."""

    def __init__(self, source: ToolSource) -> None:
        """Raises ToolFault for what a schema cannot be made of."""
        self.name, self.description, self._model, self._keywords = _described(source)
        try:
            self._plain = json_schema(self._model)
        except (ValueError, PydanticUserError) as error:
            reason = str(error).partition("\n")[0]
            raise ToolFault(f"tool {self.name!r}: {reason}", "give it types that JSON has", source) from None

    @property
    def content(self) -> dict[str, Any]:
        """What the tool is made of, as JSON values, for the fingerprint of its prompt."""
        return {"name": self.name, "description": self.description, "parameters": self._plain}

    @property
    def model(self) -> type[BaseModel]:
        """The arguments as a model."""
        return self._model

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the arguments, as a function takes them."""
        return tuple(self._keywords.values())

    @cached_property
    def definition(self) -> ToolDefinition:
        """The definition that a model gets: every argument is required; null is one left out."""
        schema = strict_schema(self._model)
        for name in self._optional:
            node = schema["properties"][name]
            default = self._plain["properties"][name].get("default")
            words = [node.pop("description", ""), f"null: the default, {json.dumps(default)}"]
            schema["properties"][name] = {
                "anyOf": [node, {"type": "null"}],
                "description": "\n".join(filter(None, words)),
            }
        return ToolDefinition(self.name, self.description, schema)

    def read(self, call: RequestedCall) -> Arguments:
        """The arguments of a call, held to the tool's types."""
        raw = call.read()
        if raw is None:
            return Arguments(None, {}, f"the arguments of {self.name} are not a JSON object")
        given = {
            name: value for name, value in raw.items() if value is not None or name not in self._optional
        }
        try:
            text = call.arguments if len(given) == len(raw) and raw else json.dumps(given)
            found = read_json(self._model, text, given)
        except ValidationError as error:
            return Arguments(given, {}, in_one_line(error, "arguments"))
        return Arguments(given, {keyword: getattr(found, field) for field, keyword in self._keywords.items()})

    @cached_property
    def _optional(self) -> frozenset[str]:
        """The arguments that may be left out and are never null themselves."""
        required = self._plain.get("required", ())
        return frozenset(
            name
            for name, node in self._plain.get("properties", {}).items()
            if name not in required and not _may_be_null(node)
        )


def tools_of(sources: Sequence[ToolSource]) -> dict[str, Tool]:
    """Every tool by its name. Raises ToolFault for one that is none, and for a name that is there twice."""
    found: dict[str, Tool] = {}
    for source in sources:
        tool = Tool(source)
        if tool.name in found:
            raise ToolFault(f"duplicate tool {tool.name!r}", "name each tool once", source)
        found[tool.name] = tool
    return found


def _described(source: ToolSource) -> tuple[str, str, type[BaseModel], dict[str, str]]:
    """(name, description, the arguments as a model, the keyword of each of its fields)."""
    if isinstance(source, type) and issubclass(source, BaseModel):
        own = None if source.__doc__ == BaseModel.__doc__ else source.__doc__
        fields = {name: name for name in source.model_fields}
        return _named(source.__name__, source), inspect.cleandoc(own or ""), source, fields
    if not inspect.isroutine(source):
        help = "write tools=[function, ...] or tools=[Model, ...]"
        raise ToolFault(f"{source!r} is not a tool: a function or a pydantic model class", help, source)
    name = _named(source.__name__, source)
    model, keywords = _model_of(name, source)
    return name, inspect.getdoc(source) or "", model, keywords


def _named(name: str, source: object) -> str:
    if _NAME.fullmatch(name) is None:
        help = "a name has 1 to 64 of the characters a-z, A-Z, 0-9, _ and -"
        raise ToolFault(f"{name!r} is not the name of a tool", help, source)
    return name


def _model_of(name: str, function: Callable[..., Any]) -> tuple[type[BaseModel], dict[str, str]]:
    """The arguments of a function as a model, and the keyword of each of its fields.

    Fields have names of their own, and the arguments' as aliases, for an argument may be called as a method
    of a model is.
    """
    try:
        signature = inspect.signature(function)
        hints = typing.get_type_hints(function, include_extras=True)
    except (NameError, TypeError, ValueError) as error:
        raise ToolFault(f"the signature of tool {name!r} cannot be read: {error}", "", function) from None
    fields: dict[str, Any] = {}
    for number, parameter in enumerate(signature.parameters.values()):
        if parameter.kind in _REFUSED:
            message = f"tool {name!r} {_REFUSED[parameter.kind]}: {parameter}"
            raise ToolFault(message, "a model can only give arguments that have a name", function)
        if parameter.name not in hints:
            message = f"argument {parameter.name!r} of tool {name!r} has no type"
            raise ToolFault(message, f"write {parameter.name}: str, for example", function)
        required = parameter.default is inspect.Parameter.empty
        info = Field(alias=parameter.name) if required else Field(parameter.default, alias=parameter.name)
        fields[f"argument_{number}"] = (hints[parameter.name], info)
    try:
        model = create_model(name, __config__=ConfigDict(extra="forbid"), **fields)
    except (TypeError, ValueError, PydanticUserError) as error:
        reason = str(error).partition("\n")[0]
        message = f"the arguments of tool {name!r} have no schema: {reason}"
        raise ToolFault(message, "give them types that JSON has", function) from None
    return model, dict(zip(fields, signature.parameters, strict=True))


def _may_be_null(node: Mapping[str, Any]) -> bool:
    kinds = [node, *node.get("anyOf", ())]
    return any(
        kind.get("type") == "null" or ("type" not in kind and not kind.keys() & _TYPED) for kind in kinds
    )


# Keys of a schema that say what a value may be; without any of them it may be anything.
_TYPED: Final = {"anyOf", "oneOf", "allOf", "$ref", "enum", "const"}
