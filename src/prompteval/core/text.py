"""Text from outside made safe to print."""

_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_KEPT = {"\n", "\t"}


def printable(text: str) -> str:
    """`text` with control characters, escapes and lone surrogates written as `\\x1b`, `\\ud800`.

    New lines and tabs stay. Nothing is lost: every replaced character is spelt out.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if _is_safe(character) else _spelt(character) for character in text)


def percent_encoded(text: str, keep: str = "") -> str:
    """`text` as part of a URI: all but letters, digits, `-._~` and `keep` as %XX of its UTF-8 bytes."""
    kept = frozenset((_UNRESERVED + keep).encode("ascii"))
    data = text.encode("utf-8", "backslashreplace")
    return "".join(chr(byte) if byte in kept else f"%{byte:02X}" for byte in data)


def counted(count: int, name: str) -> str:
    """`1 case`, `1,200 cases`."""
    return f"{count:,} {name}" + ("" if count == 1 else "s")


def _is_safe(character: str) -> bool:
    if character in _KEPT:
        return True
    code = ord(character)
    if code < 0x20 or 0x7F <= code < 0xA0 or 0xD800 <= code <= 0xDFFF:
        return False
    # Bidirectional overrides can make a line read as something it is not.
    return not (0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069 or code in (0x2028, 0x2029))


def _spelt(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
