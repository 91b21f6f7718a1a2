"""The parts of an address, and whether a text is one."""

from urllib.parse import urlsplit


def host_of(url: str) -> str:
    """The host in lower case, without its port; empty where there is none, or the URL is not one."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def address_fault(url: str) -> str:
    """Why a text cannot be an address, such as a port that is not a number; empty where it can."""
    try:
        _ = urlsplit(url).port
    except ValueError as error:
        return f"is not an address: {error}"
    return ""
