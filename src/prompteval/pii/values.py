"""Personal data masked in a JSON value: in its texts, in the names of its fields, in long numbers."""

from collections.abc import Callable, Mapping
from typing import Final

from prompteval.core.media import is_file_value
from prompteval.pii.field_names import FieldNames

# A number below is no card, account or telephone.
_SHORT_NUMBER: Final = 10**6
Mask = Callable[[str], str]


def masked_value(value: object, mask: Mask, names: FieldNames | None = None) -> object:
    """The value with `mask` applied to each text at any depth, and to the digits of a long whole number.

    Names of fields are masked too; two that become equal are numbered, so that no value is lost: as they are
    in `names`, which is the same for all rows of a file, or without by their order in the alphabet, so that
    fields in another order have no other names. The hash of a file is no personal data, and is kept as it is.
    """
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return value if is_file_value(value) else _fields(value, mask, names)
    if isinstance(value, list | tuple):
        return [masked_value(one, mask, names) for one in value]
    digits = _digits(value)
    masked = mask(digits) if digits else ""
    return value if masked == digits else masked


def _fields(value: Mapping[object, object], mask: Mask, names: FieldNames | None) -> dict[str, object]:
    masked = {name: mask(name) for name in map(str, value)}
    own = FieldNames() if names is None else names
    for name in sorted(masked) if names is None else ():
        own.of(name, masked[name])
    return {own.of(str(key), masked[str(key)]): masked_value(one, mask, names) for key, one in value.items()}


def _digits(value: object) -> str:
    """The digits of a whole number, of one that a table made a float too; empty for another value."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) > _SHORT_NUMBER:
        return ""
    return str(int(value)) if isinstance(value, int) or value.is_integer() else ""
