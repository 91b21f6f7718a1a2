"""A text with the characters that patterns look for in their ASCII form, each in its place."""

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212"
_SPACES = "\u00a0\u2007\u2009\u202f\u3000"
# Where the digits of scripts begin: Arabic-Indic, Persian, Devanagari, Bengali, Thai.
_ZEROS = (0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50)


def _table() -> dict[int, str]:
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    table.update({ord(character): "-" for character in _DASHES})
    table.update({ord(character): " " for character in _SPACES})
    table.update({zero + digit: str(digit) for zero in _ZEROS for digit in range(10)})
    return table


_TABLE = _table()


def plain(text: str) -> str:
    """The text with full-width forms, digits of other scripts, dashes and spaces as ASCII.

    One character for one character, so that a place in it is the same place in `text`.
    """
    return text if text.isascii() else text.translate(_TABLE)
