"""Regular expressions of JavaScript for Python's `re`: the same texts match, or it is said why not."""

import re
from collections.abc import Iterator

_SPACE = r"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_SETS = {"d": "0-9", "w": "A-Za-z0-9_", "s": _SPACE}
# One token outside of a class: an escape, the start of a group, a repeat, a class, any other character.
_TOKEN = re.compile(
    r"\\(?:k<\w+>|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|[1-9]\d*|c[A-Za-z]|[\s\S])"
    r"|\(\?<(?![=!])\w+>|\(\?(?:[:=!]|<[=!])|\(\?|\[(?:\\[\s\S]|[^\]\\])*+\]?|\{\d*+(?:,\d*+)?\}|[\s\S]"
)
_IN_CLASS = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|c[A-Za-z]|[\s\S])|[\s\S]")
_REPEATS = frozenset("*+?")
_NEGATED = frozenset({"\\D", "\\W", "\\S"})
_ANY = r"[\s\S]"


def python_regex(pattern: str) -> str:
    """A pattern for `re.search` that matches as `new RegExp(pattern)` does, without flags.

    Raises ValueError for what JavaScript refuses, and for what Python has no like of: lookbehinds of several
    lengths, references to a group that is not there.
    """
    named = "(?<" in re.sub(r"\(\?<[=!]", "", pattern)
    made = "".join(_translated(pattern, named))
    try:
        re.compile(made)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from None
    return made


def _translated(pattern: str, named: bool) -> Iterator[str]:
    repeated = False
    for match in _TOKEN.finditer(pattern):
        token = match[0]
        is_repeat = token in _REPEATS or re.fullmatch(r"\{\d+(,\d*)?\}", token) is not None
        if is_repeat and token != "?" and repeated:
            raise ValueError("nothing to repeat")  # a possessive repeat of Python
        repeated = is_repeat
        if token == "\\":
            raise ValueError("\\ at end of pattern")
        if token.startswith("\\"):
            yield _escape(token[1:], named)
        elif token.startswith("["):
            if len(token) == 1 or not token.endswith("]"):
                raise ValueError("unterminated character class")
            yield _class(token[1:-1])
        elif token == "(?":
            raise ValueError(f"invalid group at {match.start()}")
        elif token.startswith("(?<") and token[3] not in "=!":
            yield "(?P" + token[2:]
        elif token.startswith("{") and not is_repeat:
            yield re.escape(token)
        else:
            yield {"$": r"\Z", ".": r"[^\n\r\u2028\u2029]"}.get(token, token)


def _escape(rest: str, named: bool) -> str:
    """An escape outside of a class, without its backslash."""
    kind = rest[0]
    if kind in "dws":
        return f"[{_SETS[kind]}]"
    if kind in "DWS":
        return f"[^{_SETS[kind.lower()]}]"
    if kind in "bB":
        return r"(?a:\b)" if kind == "b" else r"(?!(?a:\b))"
    if kind == "k" and len(rest) > 1 and named:
        return f"(?P={rest[2:-1]})"
    return re.escape(rest) if kind == "k" else _character(rest)


def _class(inner: str) -> str:
    """A class; one that holds negated sets, such as `\\S`, is a choice of classes."""
    negated = inner.startswith("^")
    tokens = [match[0] for match in _IN_CLASS.finditer(inner[1:] if negated else inner)]
    parts = "".join(_part(token) for token in tokens if token not in _NEGATED)
    sets = [f"[^{_SETS[token[1].lower()]}]" for token in tokens if token in _NEGATED]
    if not tokens:
        return _ANY if negated else r"(?!)"
    if not sets:
        return f"[{'^' if negated else ''}{parts}]"
    choice = "|".join([f"[{parts}]", *sets] if parts else sets)
    return f"(?!{choice}){_ANY}" if negated else f"(?:{choice})"


def _part(token: str) -> str:
    """A token of a class, as one of Python."""
    if token == "-":
        return token
    if not token.startswith("\\"):
        return re.escape(token)
    if token[1] in "dws":
        return _SETS[token[1]]
    return r"\x08" if token[1] == "b" else _character(token[1:])


def _character(rest: str) -> str:
    """The escape of one character; of a letter that has no meaning, the letter."""
    kind = rest[0]
    if kind in "xu" and len(rest) > 1:
        return "\\" + rest
    if kind == "c":
        return re.escape(chr(ord(rest[1]) % 32)) if len(rest) > 1 else r"\\c"
    if kind == "0":
        return r"\x00"
    if kind.isdigit() or kind in "fnrtv":
        return "\\" + rest
    return re.escape(rest)
