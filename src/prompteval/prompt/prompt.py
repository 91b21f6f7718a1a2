"""The typed prompt: one object for evaluation, application code and serving."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ValidationError

from prompteval.core.errors import RenderError, UsageError
from prompteval.core.fingerprint import fingerprint
from prompteval.core.media import CONTEXT, FILE_WANTED, value_of
from prompteval.core.problem import Problem
from prompteval.core.request import Message
from prompteval.core.tools import ToolDefinition
from prompteval.prompt.arguments import check_arguments
from prompteval.prompt.field_errors import FieldError, field_errors, in_one_line
from prompteval.prompt.file_inputs import FileInputs
from prompteval.prompt.message_template import MessageTemplate
from prompteval.prompt.messages import History, Part, spoken
from prompteval.prompt.output_type import OutputType
from prompteval.prompt.parse import Parsed
from prompteval.prompt.schema import json_schema
from prompteval.prompt.tools import Tool, ToolSource, tools_of
from prompteval.prompt.values import (
    ExcludedField,
    ModelValues,
    from_cells,
    read_json,
)


@dataclass(frozen=True)
class Prompt:
    """A prompt as code: typed inputs, message templates, a typed output, neutral parameters.

    `output` is a pydantic model, `str` for plain text, or a Literal or Enum for a bare label. `tools` are
    typed functions or pydantic models that the model may ask to be called; nothing here calls them.
    Name, version, template files, the module's text and the alias it was asked for by are filled in by what
    loads it. The same rendering serves evaluation, application code and serving.
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
    tools: Sequence[ToolSource] = ()
    alias: str = ""
    # What is done to the values of the inputs before a template sees them; a judge's are put between marks.
    prepare: Callable[[Mapping[str, object]], Mapping[str, object]] | None = field(
        default=None, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if not (isinstance(self.inputs, type) and issubclass(self.inputs, BaseModel)):
            raise UsageError("inputs= must be a pydantic model class")
        self._output_type  # noqa: B018
        check_arguments(self)
        self.known_tools  # noqa: B018

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
    def content(self) -> dict[str, object]:
        """What the prompt is made of, as JSON values.

        Templates with the files they include, roles, slots, input and output schema, params, pinned model,
        and the tools where there are any.
        """
        used = sorted({name for template in self._templates.values() for name in template.includes})
        return {
            "messages": [part.content for part in self.messages],
            "files": dict(self.files) if used else {},
            "inputs": json_schema(self.inputs),
            "output": self._output_type.schema,
            "params": dict(self.params),
            "model": self.model,
            **({"tools": [tool.content for tool in self.known_tools.values()]} if self.tools else {}),
        }

    @cached_property
    def schema(self) -> dict[str, Any] | None:
        """The strict JSON schema of the output; None for plain text."""
        return self._output_type.strict_schema

    @cached_property
    def known_tools(self) -> Mapping[str, Tool]:
        """The tools by their names, in order. Raises ToolFault for what is not a tool."""
        return tools_of(self.tools)

    @cached_property
    def tool_definitions(self) -> tuple[ToolDefinition, ...]:
        """The definitions of the tools, as a model gets them."""
        return tuple(tool.definition for tool in self.known_tools.values())

    def render(self, inputs: Mapping[str, object]) -> tuple[Message, ...]:
        """The messages for these inputs. Raises RenderError; wrong inputs are its first cause."""
        try:
            read = self._read_inputs(dict(inputs))
            files = self.file_inputs.placed(dict(read)) if self.file_inputs else {}
            values = read.model_dump(mode="json", exclude=set(files) or None)
            values = values if self.prepare is None else dict(self.prepare(values))
        except ValidationError as error:
            raise RenderError(in_one_line(error, "inputs")) from None
        messages: list[Message] = []
        for index, part in enumerate(self.messages):
            if isinstance(part, History):
                turns = values.get(part.name) or []
                messages.extend(spoken(turn) for turn in turns)
            else:
                fixed = self._fixed.get(index)
                messages.append(fixed or self._templates[index].render(values, files))
        return tuple(messages)

    def may_render_apart(self, size: int) -> bool:
        """Whether rendering inputs of so many characters and members may wait for the worker process."""
        return any(template.may_take_long(size) for template in self._templates.values())

    def parse(self, text: str) -> Parsed:
        """A raw reply as the typed output, or why it is none."""
        return self._output_type.parse(text)

    def input_errors(self, inputs: object, file_wanted: str = "") -> list[FieldError]:
        """What is wrong with inputs: (place, message, help) each; empty when nothing is.

        `file_wanted` says what a file must be, where a caller takes less; messages do not quote such a value.
        """
        try:
            self._read_inputs(inputs, file_wanted)
        except ValidationError as error:
            return field_errors(error, list(self.inputs.model_fields))
        return []

    def expected_errors(self, expected: object) -> list[FieldError]:
        """What is wrong with an expected output. A part of the fields is enough; unknown ones are not."""
        return self._output_type.expected_errors(expected)

    def case_inputs(self, inputs: Mapping[str, object]) -> Mapping[str, object]:
        """A case's inputs, with the cells of a table read as the types of their fields."""
        return from_cells(dict(inputs), self._read_inputs, self._input_values.name_of, self._optional)

    def case_expected(self, expected: object) -> object:
        """A case's expected output as JSON values in the form that outputs have: equal where they are equal.

        What is not an output is left unchanged; `expected_errors` says what is wrong with it.
        """
        try:
            return self._output_type.expected(expected)
        except (ValidationError, ExcludedField):
            return expected

    @property
    def output_names(self) -> frozenset[str] | None:
        """Every name that an output field answers to; None where the output has no fields."""
        return self._output_type.names

    def output_path(self, path: str) -> str:
        """A dotted path into the output by the names of its fields, where it may use aliases."""
        return self._output_type.path(path)

    def variables(self, index: int) -> frozenset[str]:
        """The names that the template of message `index` expects, includes counted; none for a slot."""
        template = self._templates.get(index)
        return template.variables if template is not None else frozenset()

    @cached_property
    def file_inputs(self) -> FileInputs:
        """The inputs that are files."""
        return FileInputs(self.inputs, self._input_values.name_of)

    @property
    def takes_files(self) -> bool:
        """Whether files are shown to the model: those of inputs, or beside the module."""
        return any(isinstance(part, Part) and part.slots for part in self.messages)

    def includes(self, index: int) -> tuple[str, ...]:
        """The files that the template of message `index` includes, by the names it gives."""
        template = self._templates.get(index)
        return template.includes if template is not None else ()

    def check(self) -> list[Problem]:
        """Problems of the templates: names the inputs do not have, inputs no template uses (B5)."""
        from prompteval.prompt.check import check_prompt

        return check_prompt(self)

    @cached_property
    def _output_type(self) -> OutputType:
        return OutputType(self.output)

    @cached_property
    def _optional(self) -> frozenset[str]:
        """The inputs that may be absent."""
        return frozenset(name for name, item in self.inputs.model_fields.items() if not item.is_required())

    @cached_property
    def _input_values(self) -> ModelValues:
        return ModelValues(self.inputs)

    def _read_inputs(self, inputs: object, file_wanted: str = "") -> BaseModel:
        """Inputs as an application gives them, or as JSON holds them. Raises ValidationError."""
        try:
            return self.inputs.model_validate(inputs, extra="forbid", by_alias=True, by_name=True)
        except ValidationError:
            try:
                text = json.dumps(inputs, allow_nan=False, default=value_of)
            except (TypeError, ValueError):
                text = ""
            if not text:
                raise
            known = self.file_inputs.known(inputs) if self.file_inputs else {}
            context = {CONTEXT: known, FILE_WANTED: file_wanted}
            found: BaseModel = read_json(self.inputs, text, inputs, context)
            return found

    @cached_property
    def _templates(self) -> dict[int, MessageTemplate]:
        return {
            index: MessageTemplate(part, self.files)
            for index, part in enumerate(self.messages)
            if isinstance(part, Part)
        }

    @cached_property
    def _fixed(self) -> dict[int, Message]:
        """Messages without any markup, such as few-shot examples: rendered and written as JSON once."""
        return {
            index: template.render({}, {}) for index, template in self._templates.items() if template.fixed
        }
