"""Typed values as JSON values, in one form for all that are equal as Python values.

What a model hides from its JSON is written too: fields that it excludes, and what its own serializers
replace, round or mask, since two values that differ there are not equal.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pydantic import (
    BaseModel,
    PlainSerializer,
    RootModel,
    SecretBytes,
    SecretStr,
    TypeAdapter,
    WrapSerializer,
)
from pydantic_core import PydanticSerializationError, to_jsonable_python

from prompteval.core.fingerprint import canonical_json

# Of a decimal number, written without an exponent.
MOST_DIGITS = 100
# By which a field's type is written in a form of its own.
OWN_FORM = (PlainSerializer, WrapSerializer)
# Names of fields, whatever the model is configured to write.
_BARE = {"by_alias": False, "warnings": False}


def json_form(value: BaseModel, *, given_alone: bool = False) -> Any:
    """A model's value, by the names of its fields, computed ones included.

    `given_alone` leaves out what was not given: fields with their defaults, and computed ones.
    """
    options: dict[str, Any] = {"exclude_unset": given_alone, "exclude_computed_fields": given_alone, **_BARE}
    written = with_python_types(value.model_dump(**options), value.model_dump(mode="json", **options))
    return _with_hidden(value, written, given_alone)


def adapted_form(adapter: TypeAdapter[Any], value: object, *, given_alone: bool = False) -> Any:
    """A value of any type. Raises PydanticSerializationError where the type has no JSON form."""
    options: dict[str, Any] = {"exclude_unset": given_alone, **_BARE}
    plain = adapter.dump_python(value, **options)
    written = with_python_types(plain, adapter.dump_python(value, mode="json", **options))
    return _with_hidden(value, written, given_alone)


def _with_hidden(value: object, written: Any, given_alone: bool) -> Any:
    """What was written of a value, with the fields that its models hide or write in a form of their own."""
    if isinstance(value, RootModel):
        return _with_hidden(value.root, written, given_alone)
    if isinstance(value, BaseModel):
        found = (
            dict(written)
            if isinstance(written, dict) and not type(value).__pydantic_decorators__.model_serializers
            else {}
        )
        return {**found, **dict(_parts(value, found, given_alone))}
    if isinstance(value, list | tuple) and isinstance(written, list) and len(value) == len(written):
        return [_with_hidden(part, there, given_alone) for part, there in zip(value, written, strict=True)]
    if isinstance(value, Mapping) and isinstance(written, dict) and len(value) == len(written):
        parts = zip(written, value.values(), strict=True)
        return {key: _with_hidden(part, written[key], given_alone) for key, part in parts}
    return written


def _parts(value: BaseModel, written: Mapping[str, Any], given_alone: bool) -> Iterator[tuple[str, Any]]:
    own = _own_forms(type(value))
    for name, info in type(value).model_fields.items():
        if given_alone and name not in value.model_fields_set:
            continue
        part = getattr(value, name)
        if name in written and name not in own:
            yield name, _with_hidden(part, written[name], given_alone)
            continue
        try:
            yield name, adapted_form(_adapter(info.annotation), part, given_alone=given_alone)
        except PydanticSerializationError:  # only the model's own serializer can write it
            continue


def _adapter(annotation: Any) -> TypeAdapter[Any]:
    try:
        return _cached_adapter(annotation)
    except TypeError:  # an annotation that has no hash
        return TypeAdapter(annotation)


@lru_cache(maxsize=256)
def _cached_adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


@lru_cache(maxsize=256)
def _own_forms(model: type[BaseModel]) -> frozenset[str]:
    """The fields that a model writes by a serializer of its own."""
    decorators = model.__pydantic_decorators__.field_serializers.values()
    named = {name for decorator in decorators for name in decorator.info.fields}
    if "*" in named:
        return frozenset(model.model_fields)
    annotated = {
        name
        for name, info in model.model_fields.items()
        if any(isinstance(one, OWN_FORM) for one in info.metadata)
    }
    return frozenset(named | annotated)


def with_python_types(plain: object, written: object) -> object:
    """The JSON values `written` of a Python value, in one form for all that are equal as Python values."""
    if isinstance(plain, SecretStr | SecretBytes):
        return to_jsonable_python(plain.get_secret_value())
    if isinstance(plain, Mapping) and isinstance(written, dict) and len(plain) == len(written):
        return {
            key: with_python_types(part, written[key])
            for key, part in zip(written, plain.values(), strict=True)
        }
    if isinstance(plain, set | frozenset) and isinstance(written, list):
        return sorted(
            (with_python_types(part, to_jsonable_python(part)) for part in plain), key=canonical_json
        )
    if isinstance(plain, list | tuple) and isinstance(written, list) and len(plain) == len(written):
        return [with_python_types(part, there) for part, there in zip(plain, written, strict=True)]
    if isinstance(plain, Decimal) and isinstance(written, str):
        return _decimal(plain)
    if isinstance(plain, datetime) and isinstance(written, str) and plain.tzinfo is not None:
        return _moment(plain, written)
    return written


def _decimal(value: Decimal) -> str:
    if not value.is_finite() or abs(value.adjusted()) > MOST_DIGITS:
        return str(value)
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def _moment(value: datetime, written: str) -> str:
    try:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return written
