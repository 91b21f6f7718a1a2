"""Types of the fields of files: numbers in a range, one of some names, lists without doubles, paths."""

import posixpath
from collections.abc import Sequence
from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationInfo,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from prompteval.core.problem import did_you_mean
from prompteval.core.ranges import RANGES
from prompteval.workspace.validation import MOST_ITEMS, problem, problems_at


class Ranged:
    """A number inside a range of the table."""

    def __init__(self, name: str) -> None:
        self._range = RANGES[name]

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        low, high = self._range.low, self._range.high
        number: CoreSchema
        if self._range.whole:
            number = core_schema.int_schema(ge=int(low), le=int(high), strict=True)
        else:
            number = core_schema.float_schema(ge=low, le=high, strict=True, allow_inf_nan=False)
        context = {"what": str(self._range), "help": "", "code": ""}
        return core_schema.custom_error_schema(
            number, "wanted", custom_error_message="", custom_error_context=context
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return self._range.schema()


class Choice:
    """One of some names."""

    def __init__(self, what: str, names: Sequence[str], code: str = "") -> None:
        self._what, self._names, self._code = what, names, code

    def _checked(self, value: object) -> object:
        if value not in self._names:
            help = did_you_mean(value, self._names)
            raise problem(f"unknown {self._what} {value!r}", help, code=self._code)
        return value

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._checked)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"enum": list(self._names)}


def listed(value: object) -> object:
    """One value as a list of it."""
    return value if isinstance(value, list) else [value]


def no_doubles(items: list[object]) -> list[object]:
    """Refuses an entry that is in the list before."""
    first: dict[str, int] = {}
    found = {
        (index,): problem(f"duplicate {item!r}", "remove one", code="PE211")
        for index, item in enumerate(items)
        if first.setdefault(repr(item), index) != index
    }
    if found:
        raise problems_at(found)
    return items


Text = Annotated[str, Field(min_length=1)]
Item = TypeVar("Item")
# A list without an entry twice. Names may be one name without a list around it.
Unique = Annotated[
    list[Item],
    Field(min_length=1, max_length=MOST_ITEMS, json_schema_extra={"uniqueItems": True}),
    AfterValidator(no_doubles),
]
Names = Annotated[Unique[Text], BeforeValidator(listed, json_schema_input_type=Text | Unique[Text])]


def below_root(value: str, info: ValidationInfo) -> str:
    """A path as a file has it, seen from the file, as a path from the root; the context is the file's own."""
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(str(info.context)), value))
    if value.startswith("/") or joined.startswith(".."):
        raise problem(f"{value} leads out of the workspace", "keep files below its root", code="PE207")
    return joined


PathBelowRoot = Annotated[Text, AfterValidator(below_root)]
