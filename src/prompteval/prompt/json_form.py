"""Typed values as JSON values, in one form for all that are equal as Python values."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr, TypeAdapter
from pydantic_core import to_jsonable_python

from prompteval.core.fingerprint import canonical_json

# Of a decimal number, written without an exponent.
MOST_DIGITS = 100


def json_form(value: BaseModel, *, given_alone: bool = False, masked: bool = False) -> Any:
    """A model's value as its type writes it, computed fields included, without what it excludes.

    `given_alone` leaves out what was not given: fields with their defaults, and computed ones. Secrets are
    written as they are, so that two of them differ, unless `masked`.
    """
    options: dict[str, Any] = {
        "exclude_unset": given_alone, "exclude_computed_fields": given_alone, "warnings": False,
    }  # fmt: skip
    return with_python_types(
        value.model_dump(**options), value.model_dump(mode="json", **options), masked=masked
    )


def adapted_form(adapter: TypeAdapter[Any], value: object) -> Any:
    """What was given of a value of any type. Raises PydanticSerializationError where it has no JSON form."""
    options: dict[str, Any] = {"exclude_unset": True, "warnings": False}
    return with_python_types(
        adapter.dump_python(value, **options), adapter.dump_python(value, mode="json", **options)
    )


def excluded_fields(value: object) -> Iterator[tuple[str | int, ...]]:
    """The places of the fields that were given and that their models leave out of their JSON."""
    if isinstance(value, BaseModel):
        for name in sorted(value.model_fields_set & type(value).model_fields.keys()):
            info, part = type(value).model_fields[name], getattr(value, name)
            if info.exclude or (info.exclude_if is not None and info.exclude_if(part)):
                yield (name,)
            else:
                yield from ((name, *rest) for rest in excluded_fields(part))
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from ((str(key), *rest) for rest in excluded_fields(part))
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value):
            yield from ((number, *rest) for rest in excluded_fields(part))


def with_python_types(plain: object, written: object, *, masked: bool = False) -> object:
    """The JSON values `written` of a Python value, in one form for all that are equal as Python values."""
    if isinstance(plain, (SecretStr, SecretBytes)):
        return written if masked else to_jsonable_python(plain.get_secret_value())
    form = partial(with_python_types, masked=masked)
    if isinstance(plain, Mapping) and isinstance(written, dict) and len(plain) == len(written):
        return {key: form(part, written[key]) for key, part in zip(written, plain.values(), strict=True)}
    if isinstance(plain, set | frozenset) and isinstance(written, list):
        return sorted((form(part, to_jsonable_python(part)) for part in plain), key=canonical_json)
    if isinstance(plain, list | tuple) and isinstance(written, list) and len(plain) == len(written):
        return [form(part, there) for part, there in zip(plain, written, strict=True)]
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
