"""Values of a model's profile: what is wrong, as the end of a sentence that names the key, and the fix."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from prompteval.core.address import has_user
from prompteval.core.params import PARAMS
from prompteval.core.secret import find_secret
from prompteval.workspace.urls import address_fault

Fault = tuple[str, str]
# A header's name, and the one character below the space that its value may have (RFC 9110, 5.1 and 5.5).
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TAB: Final = "\t"
# What each request says of its own body and connection.
_OWN_HEADERS: Final = frozenset(
    {
        "content-length", "content-type", "content-encoding", "transfer-encoding", "connection", "upgrade",
        "expect", "te", "trailer", "accept-encoding",
    }
)  # fmt: skip
# The ends of addresses that are added to a base URL.
_PATHS: Final = ("/chat/completions", "/completions", "/responses", "/messages", "/embeddings", "/models")
# Fields of a body that a parameter's name must not be.
_TAKEN: Final = frozenset(
    {
        "model",
        "messages",
        "input",
        "instructions",
        "stream",
        "stream_options",
        "response_format",
        "text",
        "tools",
    }
)


def name_fault(text: str) -> Fault | None:
    """Of a text that is sent, or opened, as it is written."""
    if not text.strip():
        return "is empty", ""
    if text != text.strip():
        return f"is {text!r}, with white space around it", f'write "{text.strip()}"'
    if control := _control(text):
        return f"has the control character {control!r}", "remove it"
    return None


def base_url_fault(url: str) -> Fault | None:
    """Of the address that paths are added to."""
    example = 'write it as in base_url = "http://127.0.0.1:8000/v1"'
    if fault := address_fault(url):
        return fault, example
    if has_user(url):
        return (
            "holds a user or a password",
            "remove it; the key belongs in the variable that api_key_env names",
        )
    if "#" in url:
        return "has a fragment, which no request carries", "remove it"
    path, mark, query = url.partition("?")
    path = path.rstrip("/")
    end = next((end for end in _PATHS if path.endswith(end)), "")
    rest = f'write "{path.removesuffix(end)}{mark}{query}"'
    return (f"ends with {end}, which each request adds", rest) if end else None


def header_fault(headers: Mapping[str, str]) -> Fault | None:
    """Of headers and their values."""
    if fault := header_names_fault(headers):
        return fault
    for name, value in headers.items():
        if find_secret(value):
            return f"holds a credential in {name!r}", "set a variable, and name it in headers_env"
        if control := _control(value.replace(_TAB, "")):
            return f"has the control character {control!r} in {name!r}", "remove it"
    return _empty(headers)


def header_names_fault(names: Iterable[str]) -> Fault | None:
    """Of the names of headers."""
    known: dict[str, str] = {}
    for name in names:
        if not _TOKEN.fullmatch(name):
            return f"names {name!r}, which cannot be the name of a header", "use letters, digits and -"
        if name.lower() in _OWN_HEADERS:
            return f"sets {name!r}, which each request says of itself", "remove it"
        if name.lower() in known:
            return f"names {known[name.lower()]!r} and {name!r}, which are one header", "remove one"
        known[name.lower()] = name
    return None


def query_fault(query: Mapping[str, str]) -> Fault | None:
    """Of what is added to each address."""
    if any(not name.strip() for name in query):
        return "has an empty name", "remove it"
    return _empty(query)


def rename_fault(rename: Mapping[str, str]) -> Fault | None:
    """Of the server's names of parameters."""
    taken = next((name for name in rename.values() if name in _TAKEN), None)
    if taken is not None:
        return f"names {taken!r}, which is not a parameter", "write the server's name of the parameter"
    other = next(
        (to for name, to in rename.items() if to in PARAMS and to != name and to not in rename), None
    )
    if other is not None:
        return f"names {other!r}, which is another parameter", "write the server's name of the parameter"
    twice = next((name for name in rename.values() if list(rename.values()).count(name) > 1), None)
    if twice is not None:
        return f"names {twice!r} for two parameters", "remove one"
    return _empty(rename)


def json_fault(value: Any) -> Fault | None:
    """Of what goes into a body of JSON: TOML has values that JSON has not."""
    if isinstance(value, dict):
        if any(not name for name in value):
            return "has an empty name", "remove it"
        return next((fault for one in value.values() if (fault := json_fault(one))), None)
    if isinstance(value, list):
        return next((fault for one in value if (fault := json_fault(one))), None)
    if isinstance(value, float) and not math.isfinite(value):
        return f"holds {value}, which JSON does not have", "write a number"
    if isinstance(value, str | int | float):
        return None
    return f"holds {value}, which JSON does not have", f'write "{value}"'


def _empty(texts: Mapping[str, str]) -> Fault | None:
    name = next((name for name, text in texts.items() if not text.strip()), None)
    return None if name is None else (f"has nothing for {name!r}", "remove it, or write a value")


def _control(text: str) -> str:
    return next((character for character in text if character < " " or character == "\x7f"), "")
