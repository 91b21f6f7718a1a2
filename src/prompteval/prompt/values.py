"""Values of a declared type: read from JSON as the type reads them, written so that equal values are equal.

An expected value and a model's answer both go through here, so two texts of one date, number, URL or set
are the same JSON value afterwards.
"""

import typing
from collections.abc import Callable, Mapping
from copy import copy
from functools import cached_property
from typing import Any, TypeGuard

from pydantic import (
    BaseModel,
    PlainSerializer,
    RootModel,
    TypeAdapter,
    ValidationError,
    WrapSerializer,
    create_model,
)

from prompteval.core.case import Cell
from prompteval.core.json_encoder import json_encoder
from prompteval.prompt.json_form import adapted_form, excluded_fields, json_form
from prompteval.workspace.validation import error_lines

# Expected values that are kept as they were read, and the characters of the longest.
MOST_REMEMBERED = 1_000
LONGEST_REMEMBERED = 1_000
_PLAIN = (str, int, float, bool)
_TEXT = frozenset({str})
_OWN_FORM = (PlainSerializer, WrapSerializer)
_encode = json_encoder(separators=(", ", ": "))


def read_json(
    kind: type[BaseModel] | TypeAdapter[Any],
    text: str,
    raw: object,
    context: Mapping[str, object] | None = None,
) -> Any:
    """The value of a JSON text, whose JSON values are `raw`, as a type reads JSON.

    `context` is for the types themselves. Fields are taken by name and by alias; unknown ones are refused,
    but by a model that says that it allows them. Raises ValidationError.
    """
    by_json, by_value = _readers(kind)
    options: dict[str, object] = {"extra": "forbid", "by_alias": True, "by_name": True, "context": context}
    try:
        return by_json(text, **options)
    except (ValidationError, UnicodeEncodeError) as error:
        allowed = _allowed(kind, error) if isinstance(error, ValidationError) else ()
        if allowed and isinstance(raw, dict):
            rest = {key: part for key, part in raw.items() if key not in allowed}
            read_json(kind, _encode(rest), rest, context)  # no field of its fields is allowed by that
            return by_json(text, **{**options, "extra": None})
        # Half a surrogate pair is JSON to Python, and not to pydantic.
        if isinstance(error, ValidationError) and error_lines(error)[0]["type"] != "json_invalid":
            raise
    return by_value(raw, **options)


def _allowed(kind: type[BaseModel] | TypeAdapter[Any], error: ValidationError) -> set[object]:
    """The undeclared keys of an object whose model takes them; none where it does not say so."""
    if isinstance(kind, TypeAdapter) or kind.model_config.get("extra") != "allow":
        return set()
    wrong = [one for one in error_lines(error) if one["type"] == "extra_forbidden"]
    return {one["loc"][0] for one in wrong if len(one["loc"]) == 1}


def _readers(kind: type[BaseModel] | TypeAdapter[Any]) -> tuple[Callable[..., object], Callable[..., object]]:
    if isinstance(kind, TypeAdapter):
        return kind.validate_json, kind.validate_python
    return kind.model_validate_json, kind.model_validate


def same(one: object, other: object) -> bool:
    """Whether two JSON values are equal; true is not 1, and 1.0 is 1."""
    if isinstance(one, str):
        return one == other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


class ExcludedField(ValueError):
    """An expected value names a field that outputs leave out of their JSON: no answer would differ there."""

    def __init__(self, place: tuple[str | int, ...]) -> None:
        self.place = place
        super().__init__(f"outputs leave {place[-1]!r} out of their JSON; no answer would differ there")


class ModelValues:
    """How one pydantic model reads answers and expected values."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._model = model
        self.root = issubclass(model, RootModel)
        # Expected values repeat: a class has few of them, and each is read for a check and for a run.
        # None for one that stays as it was written.
        self._read_before: dict[object, object] = {}

    def read(self, text: str, raw: object) -> BaseModel:
        """An answer. Raises ValidationError. One that must be wrapped to be sent may come wrapped."""
        try:
            found: BaseModel = read_json(self._model, text, raw)
        except ValidationError:
            if not (self.root and isinstance(raw, dict) and raw.keys() == {WRAPPED}):
                raise
            found = read_json(self._model, _encode(raw[WRAPPED]), raw[WRAPPED])
        return found

    def write(self, value: BaseModel) -> object:
        """An answer as JSON values, computed fields included, by the names of the fields."""
        if self._is_plain:
            return value.model_dump(mode="json", warnings=False)
        return json_form(value)

    def expected(self, raw: object) -> object:
        """An expected value as JSON values: what it names, and nothing that it leaves out.

        Fields of the outermost object may be absent; computed ones may be named. Raises ValidationError, and
        ExcludedField for one that outputs do not have.
        """
        key = _key_of(raw)
        if key not in self._read_before:
            found = _kept(raw, self._expected(raw))
            if len(_encode(raw)) > LONGEST_REMEMBERED or len(self._read_before) >= MOST_REMEMBERED:
                return found
            self._read_before[key] = None if found is raw else found
        known = self._read_before[key]
        return raw if known is None else known

    def _expected(self, raw: object) -> object:
        if self.root or not isinstance(raw, dict):
            return self._given(self._model, raw)
        computed = {name: raw[name] for name in raw if name in self._computed}
        rest = {name: value for name, value in raw.items() if name not in computed}
        found = self._partial(rest)
        for name, value in computed.items():
            found[name] = _adapted(self._computed[name], value)
        return found

    def _partial(self, raw: dict[str, object]) -> dict[str, object]:
        try:
            whole: dict[str, object] = self._given(self._model, raw)
            return whole
        except ValidationError as error:
            if not all(left_out(wrong) for wrong in error_lines(error)):
                wrong = [wrong for wrong in error_lines(error) if not left_out(wrong)]
                if any(item["loc"] for item in wrong) or len(wrong) == len(error_lines(error)):
                    raise
        return self._parts(raw)

    def _parts(self, raw: dict[str, object]) -> dict[str, object]:
        """Some of the fields. Rules over several fields do not hold for a part of them."""
        try:
            found: dict[str, object] = self._given(self._part, raw)
            return found
        except (ValidationError, TypeError, AttributeError) as error:
            if isinstance(error, ValidationError) and any(wrong["loc"] for wrong in error_lines(error)):
                raise
        fields = self._model.model_fields
        names = {name: self.name_of(name) for name in raw}
        if excluded := next((names[name] for name in raw if fields[names[name]].exclude), None):
            raise ExcludedField((excluded,))
        return {names[name]: _adapted(fields[names[name]].annotation, raw[name]) for name in raw}

    def _given(self, model: type[BaseModel], raw: Any) -> Any:
        value: BaseModel = read_json(model, _encode(raw), raw)
        if place := next(excluded_fields(value), None):
            raise ExcludedField(place)
        return json_form(value, given_alone=True)

    def name_of(self, key: str) -> str:
        """The field that a name or an alias means; the name itself where none does."""
        return self._names.get(key, key)

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name that an output field answers to: its own, its aliases, those of computed fields."""
        return frozenset({*self._names, *self._computed})

    @cached_property
    def _names(self) -> dict[str, str]:
        found = {name: name for name in self._model.model_fields}
        for name, info in self._model.model_fields.items():
            for alias in (info.alias, info.validation_alias, info.serialization_alias):
                for one in getattr(alias, "choices", [alias]):
                    if isinstance(one, str):
                        found.setdefault(one, name)
        return found

    @cached_property
    def _is_plain(self) -> bool:
        """Whether each field holds a text, a number, true or false: JSON has one form for those."""
        decorators = self._model.__pydantic_decorators__
        if self._computed or decorators.field_serializers or decorators.model_serializers:
            return False
        fields = self._model.model_fields.values()
        if self.root or any(isinstance(one, _OWN_FORM) for item in fields for one in item.metadata):
            return False
        return all(
            item.annotation in _PLAIN or typing.get_origin(item.annotation) is typing.Literal
            for item in fields
        )

    @cached_property
    def _computed(self) -> dict[str, object]:
        return {name: item.return_type for name, item in self._model.model_computed_fields.items()}

    @cached_property
    def _part(self) -> type[BaseModel]:
        """The model with every field optional; its fields' own rules hold."""
        fields: dict[str, Any] = {}
        for name, info in self._model.model_fields.items():
            optional = copy(info)
            optional.default, optional.default_factory, optional.validate_default = None, None, False
            optional._attributes_set = {**info._attributes_set, "default": None, "validate_default": False}
            optional._attributes_set.pop("default_factory", None)
            fields[name] = (info.annotation, optional)
        return create_model(f"{self._model.__name__}Part", __base__=self._model, **fields)


# The one field of the object that a root which is none is sent in.
WRAPPED = "value"


def from_cells(
    raw: dict[str, object],
    read: Callable[[object], object],
    name_of: Callable[[str], str],
    optional: frozenset[str],
) -> dict[str, object]:
    """The values of a table's cells: each text as it stands, or else what its JSON says, as `read` takes it.

    `optional` names the fields that may be absent: an empty cell is not a value there.
    """
    if Cell not in map(type, raw.values()):
        return raw
    found = {
        name: value
        for name, value in raw.items()
        if value or not (isinstance(value, Cell) and name_of(name) in optional)
    }
    try:
        read(found)
    except ValidationError as error:
        wrong = {name_of(str(item["loc"][0])) for item in error_lines(error) if item["loc"]}
        for name, value in found.items():
            if isinstance(value, Cell) and name_of(name) in wrong:
                found[name] = value.value()
    return found


def path_by_names(model: type[BaseModel], path: str) -> str:
    """A dotted path through a model and what it holds, with each alias replaced by its field's name."""
    found: list[str] = []
    models = [model]
    for part in path.split("."):
        inner: list[type[BaseModel]] = []
        name = part
        for one in models:
            known = ModelValues(one).name_of(part)
            if known in one.model_fields:
                name = known
                inner += _models_in(one.model_fields[known].annotation)
        found.append(name)
        models = inner or (models if part.isdecimal() else [])
    return ".".join(found)


def _models_in(annotation: object) -> list[type[BaseModel]]:
    """The models that a type holds, in lists, unions and mappings too."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in typing.get_args(annotation) for model in _models_in(part)]


def left_out(wrong: Any) -> bool:
    """Whether an error of pydantic's says that a field of the outermost object is absent."""
    return wrong["type"] == "missing" and len(wrong["loc"]) == 1


def _adapted(annotation: Any, raw: Any) -> object:
    adapter: TypeAdapter[Any] = TypeAdapter(annotation)
    value = read_json(adapter, _encode(raw), raw)
    return adapted_form(adapter, value)


def is_only_texts(value: object) -> TypeGuard[dict[Any, str]]:
    """Whether a value is an object whose values are texts."""
    return type(value) is dict and _TEXT.issuperset(map(type, value.values()))


def _key_of(raw: object) -> object:
    """What is equal for equal JSON values alone, where true is not 1: their text, or a quicker form of it."""
    if is_only_texts(raw):
        return tuple(raw.items())
    return _encode(raw)


def _kept(raw: object, found: object) -> object:
    """The value as it was written where it is equal, so that what was stored of it stays the same."""
    return raw if same(raw, found) else found
