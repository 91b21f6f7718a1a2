"""The typed output of a prompt: how replies and expected outputs are read."""

import json
import typing
from enum import Enum
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from prompteval.core.case import Cell
from prompteval.core.errors import UsageError
from prompteval.core.strict_json import json_type_name
from prompteval.prompt.field_errors import FieldError, Pointer, field_errors
from prompteval.prompt.parse import Label, Parsed, parse_label, parse_model, parse_text
from prompteval.prompt.schema import json_schema, strict_schema
from prompteval.prompt.values import ExcludedField, ModelValues, from_cells, path_by_names, read_json, same


class OutputType:
    """A pydantic model, `str` for plain text, or a Literal or Enum for a bare label.

    Raises UsageError for anything else.
    """

    def __init__(self, declared: Any) -> None:
        self.declared = declared
        self._model = declared if isinstance(declared, type) and issubclass(declared, BaseModel) else None
        self._values = None if self._model is None else ModelValues(self._model)
        self._labels = _labels_of(declared)
        if self._model is None and declared is not str and not self._labels:
            raise UsageError("output= must be a pydantic model class, str, a Literal or an Enum")

    @cached_property
    def strict_schema(self) -> dict[str, Any] | None:
        """The strict JSON schema; None for plain text and labels."""
        return None if self._model is None else strict_schema(self._model)

    @property
    def schema(self) -> object:
        """What a fingerprint has of it: the JSON schema of a model, `str`, or the labels."""
        if self._model is not None:
            return json_schema(self._model)
        return "str" if self.declared is str else [label.text for label in self._labels]

    @property
    def names(self) -> frozenset[str] | None:
        """Every name that a field answers to; None where the output has no fields."""
        return None if self._values is None or self._values.root else self._values.names

    def path(self, path: str) -> str:
        """A dotted path into the output by the names of its fields, where it may use aliases."""
        return path if self._model is None else path_by_names(self._model, path)

    def parse(self, text: str) -> Parsed:
        """A raw reply as the typed output, or why it is none."""
        if self._values is not None:
            return parse_model(text, self._values)
        return parse_text(text) if self.declared is str else parse_label(text, self._labels)

    def expected(self, expected: object) -> object:
        """An expected output as JSON values in the form that outputs have. Raises ValidationError."""
        if self._values is not None:
            given = expected.value() if isinstance(expected, Cell) else expected
            if isinstance(given, dict) and not self._values.root:
                given = from_cells(given, self._values.expected, self._values.name_of, frozenset())
            return self._values.expected(given)
        if isinstance(expected, Cell):
            if self.declared is str:
                return str(expected)
            parsed = parse_label(expected, self._labels)
            expected = parsed.output if parsed.outcome == "ok" else str(expected)
        value = read_json(self._adapter, json.dumps(expected), expected)
        plain = self._adapter.dump_python(value, mode="json")
        return expected if same(expected, plain) else plain

    def expected_errors(self, expected: object) -> list[FieldError]:
        """What is wrong with an expected output. A part of the fields is enough; unknown ones are not."""
        given = expected.value() if isinstance(expected, Cell) else expected
        if self.names is not None and not isinstance(given, dict):
            return [((), f"expected must be a mapping of output fields, not {json_type_name(given)}", "")]
        try:
            self.expected(expected)
        except ValidationError as error:
            wrong = field_errors(error, self._words, partial=self.names is not None)
            return [_output_error(*one) for one in wrong]
        except ExcludedField as error:
            return [(error.place, str(error), "remove it here, or `exclude` from the field")]
        return []

    @property
    def _words(self) -> list[str]:
        """What an unknown word may have meant: the labels, or the names of the fields."""
        if self._values is None:
            return [label.text for label in self._labels]
        return sorted(self._values.names)

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.declared)


def _labels_of(declared: Any) -> tuple[Label, ...]:
    """The answers that a Literal or Enum allows; none of another type."""
    if typing.get_origin(declared) is Literal:
        values = [(value, value) for value in typing.get_args(declared)]
    elif isinstance(declared, type) and issubclass(declared, Enum):
        values = [(member.value, member) for member in declared]
    else:
        return ()
    return tuple(Label(str(plain), to_jsonable_python(plain, fallback=str), value) for plain, value in values)


def _output_error(place: Pointer, message: str, help: str) -> FieldError:
    """An unknown field of an expected output, named as one."""
    if message.startswith("unknown field ") and len(place) == 1:
        return place, f"the output has no field {place[0]!r}", help
    return place, message, help
