"""Decoders of JSON without the two searches for white space of `json.JSONDecoder.decode`."""

import json
from collections.abc import Callable
from typing import Any


def json_decoder(decoder: json.JSONDecoder) -> Callable[[str], Any]:
    """What `decoder.decode` is, faster for a text that begins with its value.

    It returns the same values and raises the same errors.
    """
    begin, decode = decoder.raw_decode, decoder.decode

    def read(text: str) -> Any:
        try:
            value, end = begin(text)
        except json.JSONDecodeError:  # white space before the value, or no JSON, which `decode` says
            return decode(text)
        if end == len(text) or not text[end:].strip(" \t\n\r"):  # the white space of JSON
            return value
        return decode(text)

    return read
