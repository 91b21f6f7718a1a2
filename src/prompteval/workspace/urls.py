"""The parts of an address, and whether a text is one."""

from urllib.parse import urlsplit


def host_of(url: str) -> str:
    """The host in lower case, without its port; empty where there is none, or the URL is not one."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def address_fault(url: str) -> str:
    """Why a text cannot be the address of a server over HTTP; empty where it can."""
    if not url.isprintable() or " " in url:  # which `urlsplit` removes, or takes for a part of the path
        return "holds white space or a control character"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return f"is not an address: {error}"
    if parts.scheme not in ("http", "https"):
        return "must begin with http:// or https://"
    return "" if parts.hostname else "is not an address: it has no host"
