"""Encoders of JSON that are made once; `json.JSONEncoder` makes an inner one for each text that it writes."""

import json
from collections.abc import Callable
from json.encoder import encode_basestring_ascii

try:
    from _json import make_encoder
except ImportError:  # a Python without the C module
    make_encoder = None  # type: ignore[misc, assignment]


def json_encoder(
    *, sort_keys: bool = False, separators: tuple[str, str] = (",", ":")
) -> Callable[[object], str]:
    """What writes a value as JSON in ASCII, word for word as `json.JSONEncoder` does.

    It raises ValueError for NaN, infinities and what holds itself, TypeError for what JSON does not have.
    """
    plain = json.JSONEncoder(ensure_ascii=True, allow_nan=False, sort_keys=sort_keys, separators=separators)
    if make_encoder is None:
        return plain.encode
    item, key = separators
    made = make_encoder(
        None, plain.default, encode_basestring_ascii, None, key, item, sort_keys, False, False
    )

    def encode(value: object) -> str:
        try:
            return "".join(made(value, 0))
        except RecursionError:  # it holds itself, which `plain` notices, or is too deep
            return plain.encode(value)

    return encode
