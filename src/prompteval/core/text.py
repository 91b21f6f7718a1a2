"""Text from outside made safe to print."""

import re

_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
# Control characters but new line and tab, lone surrogates, what ends a line for some readers, and what
# turns the reading direction, which can make a line read as something it is not.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
# What a log of GitHub Actions, Azure Pipelines or TeamCity takes for a command: `::name::` first in its
# line, and `##[name]`, `##vso[name]` anywhere. Colours do not count as text.
_BLANK = r"(?:[^\S\n]|\x1b\[[\d;]*m)*"
_COMMAND = re.compile(rf"^({_BLANK}:(?:\x1b\[[\d;]*m)*):|(##\w{{0,20}})\[", re.MULTILINE)
_LINE = re.compile(r"[^\n]*\n|[^\n]+")

# Of a metric's name or a gate's rule, label included.
MAX_NAME = 1_000


def refuse_long_name(what: str, text: str) -> None:
    """Raise ValueError for a name or rule over MAX_NAME characters, before a pattern reads it."""
    if len(text) > MAX_NAME:
        raise ValueError(
            f"{what} of {len(text):,} characters, at most {MAX_NAME:,} are read: {text[:40]!r}..."
        )


def printable(text: str) -> str:
    """`text` with control characters, escapes and lone surrogates written as `\\x1b`, `\\ud800`.

    New lines and tabs stay. Nothing is lost: every replaced character is spelt out.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(lambda match: _spelt(match[0]), text)


def inert(text: str) -> str:
    """`printable` text in which no log finds a command: the character that makes one is spelt out."""
    return without_commands(printable(text))


def without_commands(text: str) -> str:
    """`text` with the second colon of `::` first in a line, and the bracket of `##[`, spelt out."""
    return _COMMAND.sub(lambda match: f"{match[1]}\\x3a" if match[1] else f"{match[2]}\\x5b", text)


def one_line(text: str) -> str:
    """`text` with its lines, of any line ending, joined by a space."""
    return " ".join(part for line in text.splitlines() if (part := line.strip()))


def percent_encoded(text: str, keep: str = "") -> str:
    """`text` as part of a URI: all but letters, digits, `-._~` and `keep` as %XX of its UTF-8 bytes."""
    kept = frozenset((_UNRESERVED + keep).encode("ascii"))
    data = text.encode("utf-8", "backslashreplace")
    return "".join(chr(byte) if byte in kept else f"%{byte:02X}" for byte in data)


def counted(count: int, name: str) -> str:
    """`1 case`, `1,200 cases`."""
    return f"{count:,} {name}" + ("" if count == 1 else "s")


def _spelt(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def lines_of(text: str, *, ends: bool = False) -> list[str]:
    """The lines of a text as editors and parsers count them: by LF alone; with their ends where asked for.

    `str.splitlines` ends one at a form feed, NEL and U+2028 too, which are characters within a line.
    """
    lines = _LINE.findall(text)
    return lines if ends else [line.removesuffix("\n") for line in lines]


def has_surrogate(text: str) -> bool:
    """Whether a text holds half a surrogate pair, which UTF-8, files and databases cannot hold."""
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)
