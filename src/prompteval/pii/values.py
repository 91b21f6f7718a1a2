"""Personal data masked in a JSON value: in its texts, in the names of its fields, in long numbers."""

from collections.abc import Callable, Mapping
from typing import Final

from prompteval.core.media import is_file_value

# A number below is no card, account or telephone.
_SHORT_NUMBER: Final = 10**6
Mask = Callable[[str], str]


def masked_value(value: object, mask: Mask) -> object:
    """The value with `mask` applied to each text at any depth, and to the digits of a long whole number.

    Names of fields are masked too; two that become equal are numbered, so that no value is lost. The hash of
    a file is no personal data, and is kept as it is.
    """
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return value if is_file_value(value) else _fields(value, mask)
    if isinstance(value, list | tuple):
        return [masked_value(one, mask) for one in value]
    digits = _digits(value)
    masked = mask(digits) if digits else ""
    return value if masked == digits else masked


def _fields(value: Mapping[object, object], mask: Mask) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, one in value.items():
        masked, count = mask(str(key)), 1
        name = masked
        while name in found:
            count += 1
            name = f"{masked} ({count})"
        found[name] = masked_value(one, mask)
    return found


def _digits(value: object) -> str:
    """The digits of a whole number, of one that a table made a float too; empty for another value."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) > _SHORT_NUMBER:
        return ""
    return str(int(value)) if isinstance(value, int) or value.is_integer() else ""
