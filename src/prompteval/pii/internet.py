"""E-mail and IP addresses."""

import re
from collections.abc import Iterator
from ipaddress import IPv6Address

from prompteval.pii.span import Span

_EMAIL = re.compile(r"(?<![\w.%+-])[\w%+'-][\w.%+'-]{0,63}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+){1,8}+")
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_V4 = re.compile(rf"(?<![\w.-]){_OCTET}(?:\.{_OCTET}){{3}}(?![\w-])(?!\.[0-9])")
# What stands before a number of four parts that is no address.
_VERSION = re.compile(r"(?:\bversion|\bv|\brelease|\bbuild|\bsection|§)[ .:=]{0,2}\Z", re.IGNORECASE)
_V6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]{3,45}+")
_V4_BEHIND = re.compile(r"(?:\.[0-9]{1,3}){3}")


def emails(text: str) -> Iterator[Span]:
    """Addresses with a domain of two labels or more, of any script."""
    if "@" in text:
        for match in _EMAIL.finditer(text):
            last = match[0].rpartition(".")[2]
            if last.startswith("xn--") or (last.isalpha() and 2 <= len(last) <= 24):
                yield Span(match.start(), match.end(), "email")


def ip_addresses(text: str) -> Iterator[Span]:
    """Addresses of version 4 in four parts and of version 6 in any form; `::` alone is not one."""
    if ":" in text:
        yield from _v6(text)
    if "." in text:
        for match in _V4.finditer(text):
            if not _VERSION.search(text, max(0, match.start() - 12), match.start()):
                yield Span(match.start(), match.end(), "ip", "ipv4")


def _v6(text: str) -> Iterator[Span]:
    for match in _V6.finditer(text):
        if match[0].count(":") < 2:
            continue
        end = match.end()
        behind = _V4_BEHIND.match(text, end)  # ::ffff:192.0.2.1
        if behind:
            end = behind.end()
        found = text[match.start() : end]
        if found.endswith(":") and not found.endswith("::"):  # `at 2001:db8::1: refused`
            found = found[:-1]
        stop = match.start() + len(found)
        if (stop < len(text) and (text[stop].isalnum() or text[stop] == "_")) or not _is_v6(found):
            continue
        yield Span(match.start(), stop, "ip", "ipv6")


def _is_v6(text: str) -> bool:
    if not any(character.isdigit() for character in text):
        return False
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True
