"""The typed prompt: one object for evaluation, application code and serving."""

import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter, ValidationError

from prompteval.core.errors import RenderError, UsageError
from prompteval.core.fingerprint import fingerprint
from prompteval.core.problem import Problem, did_you_mean
from prompteval.core.request import Message
from prompteval.prompt.messages import History, Part
from prompteval.prompt.parse import Parsed, parse_label, parse_model
from prompteval.prompt.schema import json_schema, strict_schema
from prompteval.prompt.template import Template

Pointer = tuple[str | int, ...]
FieldError = tuple[Pointer, str, str]


@dataclass(frozen=True)
class Prompt:
    """A prompt as code: typed inputs, message templates, a typed output, neutral parameters.

    `output` is a pydantic model, `str` for plain text, or a Literal or Enum for a bare label.
    Name, version, template files and the module's text are filled in by the loader. The same rendering serves
    evaluation, application code and serving.
    """

    inputs: type[BaseModel]
    output: Any
    messages: Sequence[Part | History]
    params: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""
    model: str | None = None
    name: str = ""
    version: int = 0
    path: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    source: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not (isinstance(self.inputs, type) and issubclass(self.inputs, BaseModel)):
            raise UsageError("inputs= is a pydantic model class")
        if self._model is None and self.output is not str and not self._labels:
            raise UsageError("output= is a pydantic model class, str, a Literal or an Enum")
        if not self.messages:
            raise UsageError("messages= is empty", "a prompt has at least one user(...) message")
        for part in self.messages:
            if not isinstance(part, Part | History):
                raise UsageError(f"{part!r} is no message", "use system(), user(), assistant() or history()")

    @property
    def reference(self) -> str:
        """`name@v2`."""
        return f"{self.name}@v{self.version}"

    @cached_property
    def fingerprint(self) -> str:
        """Over everything that can change a request or its reading: `content`.

        Name, version and the module's comments are not part of it, so a copied version is
        recognised as unchanged.
        """
        return fingerprint(self.content)

    @property
    def content(self) -> dict[str, Any]:
        """What the prompt is made of, as JSON values.

        Templates with the files they include, roles, slots, input and output schema, params and
        pinned model.
        """
        used = sorted({name for template in self._templates.values() for name in template.includes})
        parts = [
            ["history", part.name] if isinstance(part, History) else [part.role, part.text]
            for part in self.messages
        ]
        return {
            "messages": parts,
            "files": dict(self.files) if used else {},
            "inputs": json_schema(self.inputs),
            "output": self._output_schema(),
            "params": dict(self.params),
            "model": self.model,
        }

    @cached_property
    def schema(self) -> dict[str, Any] | None:
        """The strict JSON schema of the output; None for plain text."""
        return strict_schema(self._model) if self._model is not None else None

    def render(self, inputs: Mapping[str, Any]) -> tuple[Message, ...]:
        """The messages for these inputs. Raises RenderError; wrong inputs are its first cause."""
        try:
            values = self.inputs.model_validate(dict(inputs), extra="forbid").model_dump(mode="json")
        except ValidationError as error:
            raise RenderError("; ".join(f"{_dotted(e['loc'])}: {e['msg']}" for e in error.errors())) from None
        messages: list[Message] = []
        for index, part in enumerate(self.messages):
            if isinstance(part, History):
                turns = values.get(part.name) or []
                messages.extend(Message(turn["role"], turn["content"]) for turn in turns)
            else:
                fixed = self._fixed.get(index)
                text = fixed if fixed is not None else self._templates[index].render(values)
                messages.append(Message(part.role, text))
        return tuple(messages)

    def parse(self, text: str) -> Parsed:
        """A raw reply as the typed output, or why it is none."""
        if self._model is not None:
            return parse_model(text, self._model)
        if self.output is str:
            return Parsed("ok", text)
        return parse_label(text, self._labels)

    def typed(self, output: Any) -> Any:
        """A parsed output as the prompt's own type."""
        return (
            self._model.model_validate(output)
            if self._model is not None
            else self._adapter.validate_python(output)
        )

    def input_errors(self, inputs: Any) -> list[FieldError]:
        """What is wrong with inputs: (place, message, help) each; empty when nothing is."""
        try:
            self.inputs.model_validate(inputs, extra="forbid")
        except ValidationError as error:
            return _field_errors(error, list(self.inputs.model_fields))
        return []

    def expected_errors(self, expected: Any) -> list[FieldError]:
        """What is wrong with an expected output. A part of the fields is enough; unknown ones are not."""
        if self._model is None:
            try:
                self._adapter.validate_python(expected)
            except ValidationError as error:
                return _field_errors(error, self._labels)
            return []
        if not isinstance(expected, dict):
            return [((), f"expected is a mapping of output fields, not {type(expected).__name__}", "")]
        found: list[FieldError] = []
        for key, value in expected.items():
            adapter = self._field_adapters.get(key)
            if adapter is None:
                found.append(
                    ((key,), f"the output has no field {key!r}", did_you_mean(str(key), self._field_adapters))
                )
                continue
            try:
                adapter.validate_python(value)
            except ValidationError as error:
                found.extend(
                    ((key, *place), message, help) for place, message, help in _field_errors(error, [])
                )
        return found

    def variables(self, index: int) -> frozenset[str]:
        """The names that the template of message `index` expects, includes counted; none for a slot."""
        template = self._templates.get(index)
        return template.variables if template is not None else frozenset()

    def includes(self, index: int) -> tuple[str, ...]:
        """The files that the template of message `index` includes, by the names it gives."""
        template = self._templates.get(index)
        return template.includes if template is not None else ()

    def check(self) -> list[Problem]:
        """Problems of the templates: names the inputs do not have, inputs no template uses (B5)."""
        from prompteval.prompt.check import check_prompt

        return check_prompt(self)

    @cached_property
    def _model(self) -> type[BaseModel] | None:
        return self.output if isinstance(self.output, type) and issubclass(self.output, BaseModel) else None

    @cached_property
    def _labels(self) -> tuple[str, ...]:
        if typing.get_origin(self.output) is Literal:
            return tuple(str(label) for label in typing.get_args(self.output))
        if isinstance(self.output, type) and issubclass(self.output, Enum):
            return tuple(str(member.value) for member in self.output)
        return ()

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.output)

    @cached_property
    def _field_adapters(self) -> dict[str, TypeAdapter[Any]]:
        assert self._model is not None
        fields = self._model.model_fields
        return {name: _adapter(item) for name, item in fields.items()}

    @cached_property
    def _templates(self) -> dict[int, Template]:
        found = {}
        for index, part in enumerate(self.messages):
            if isinstance(part, Part):
                found[index] = Template(part.text, self.files)
        return found

    @cached_property
    def _fixed(self) -> dict[int, str]:
        """Messages without any markup, such as few-shot examples: rendered once."""
        return {
            index: template.render({})
            for index, template in self._templates.items()
            if not template.isolated and not template.variables and not template.includes
        }

    def _output_schema(self) -> Any:
        if self._model is not None:
            return json_schema(self._model)
        return "str" if self.output is str else list(self._labels)


def _field_errors(error: ValidationError, known: Sequence[str]) -> list[FieldError]:
    found: list[FieldError] = []
    for item in error.errors():
        place, message, help = item["loc"], item["msg"], ""
        if item["type"] == "extra_forbidden":
            message = f"unknown field {place[-1]!r}"
            help = did_you_mean(str(place[-1]), known)
        elif item["type"] == "missing":
            message = f"field {place[-1]!r} is missing"
        elif item["type"] in ("literal_error", "enum"):
            help = did_you_mean(str(item["input"]), _choices(item))
        found.append((place, message, help))
    return found


def _adapter(item: Any) -> TypeAdapter[Any]:
    return TypeAdapter(typing.Annotated[item.annotation, item])


def _choices(item: Any) -> list[str]:
    text = str(item.get("ctx", {}).get("expected", ""))
    return [part.strip().strip("'") for part in text.replace(" or ", ", ").split(",") if part.strip()]


def _dotted(place: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in place) or "inputs"
