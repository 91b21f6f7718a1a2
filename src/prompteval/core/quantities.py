"""Sizes and times as people type them: `1MB`, `64kB`, `30d`, `12h`."""

import re
from typing import Final

_QUANTITY = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,6})?) ?([A-Za-z]*)")
_BYTES: Final = {
    "": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30,
}  # fmt: skip
_SECONDS: Final = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}


def read_bytes(text: str) -> int:
    """The bytes of `1MB` (a million), `1MiB`, `500`. Raises ValueError."""
    return int(_read(text, _BYTES, "a size as 1MB, 64kB"))


def read_seconds(text: str) -> float:
    """The seconds of `30d`, `12h`, `15m`, `90s`, `90`. Raises ValueError."""
    return _read(text, _SECONDS, "a time as 30d, 12h, 15m")


def _read(text: str, units: "dict[str, int] | dict[str, float]", form: str) -> float:
    match = _QUANTITY.fullmatch(text.strip())
    unit = None if match is None else units.get(match[2].lower())
    if match is None or unit is None:
        raise ValueError(f"{text!r:.40} is not {form}")
    return float(match[1]) * unit
