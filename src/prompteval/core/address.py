"""Addresses of servers, and what in them is nobody else's business."""

import re

from prompteval.core.secret import is_secret_name, redacted, remember

_PARTS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)?(?P<host>[^/?#]*)(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?"
)
_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


def _parts(url: str) -> re.Match[str]:
    return next(_PARTS.finditer(url))  # every part may be empty, so that there always is one


def without_credentials(url: str) -> str:
    """A URL without the user and password before its host, and without what is secret in its query.

    They are hidden from now on wherever else they appear.
    """
    remember_address(url)
    found = _parts(url)
    query = found["query"]
    shown = "" if query is None else "?" + "&".join(map(_shown, query.split("&")))
    return f"{found['scheme'] or ''}{found['host'].rpartition('@')[2]}{found['path']}{shown}"


def has_user(url: str) -> bool:
    """Whether a user or a password is written before the host."""
    return "@" in _parts(url)["host"]


def remember_address(url: str) -> None:
    """Know the user, the password and the secret parts of the query, as written and as meant.

    A user may be a token; one of a database is not.
    """
    found = _parts(url)
    user = found["host"].rpartition("@")[0]
    secrets = [user.partition(":")[2]]
    if not (found["scheme"] or "").lower().startswith("postgres"):
        secrets.append(user)
    pairs = (part.partition("=") for part in (found["query"] or "").split("&"))
    secrets += [value for name, _, value in pairs if is_secret_name(name)]
    remember(*secrets, *map(_decoded, secrets))


def _shown(part: str) -> str:
    name, sign, value = part.partition("=")
    return f"{name}{sign}{redacted(value) if is_secret_name(name) else value}"


def _decoded(text: str) -> str:
    return _ENCODED.sub(
        lambda match: bytes.fromhex(match[0].replace("%", "")).decode("utf-8", "replace"), text
    )
