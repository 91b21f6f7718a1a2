"""Where a text may be cut without parting what a reader takes for one character (UAX 29, clusters)."""

import unicodedata

# A cluster is a handful of characters; a longer one is an attack, and is cut.
LONGEST = 64
_CONTROL = frozenset({"Cc", "Zl", "Zp"})
_ZWJ = "\u200d"
_EXTEND = frozenset("\u200c\u200d\u0e33\u0eb3\uff9e\uff9f")
_PREPEND = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e")
# Viramas that join the consonant behind them, and what stands between (GB9c).
_LINKERS = frozenset("\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d\u1039\u17d2")


def is_inside(text: str, place: int) -> bool:
    """Whether a cut at `place` would part a cluster; never at the ends of the text."""
    if not 0 < place < len(text):
        return False
    before, behind = text[place - 1], text[place]
    if before.isascii() and behind.isascii():
        return before == "\r" and behind == "\n"
    if _CONTROL & {unicodedata.category(before), unicodedata.category(behind)}:
        return False
    if _extends(behind) or before in _PREPEND:
        return True
    if _is_regional(before) and _is_regional(behind):
        return _regionals_before(text, place) % 2 == 1
    if _in_hangul(before, behind):
        return True
    if before == _ZWJ and unicodedata.category(behind) == "So":
        return _is_pictured(text, place - 1)
    return unicodedata.category(behind) == "Lo" and _is_linked(text, place)


def start_of(text: str, place: int, floor: int) -> int:
    """The last place from `floor` to `place` at which a cluster begins; `place` where none is near."""
    for back in range(min(LONGEST, place - floor) + 1):
        if not is_inside(text, place - back):
            return place - back
    return place


def end_of(text: str, start: int, end: int) -> int:
    """Where the cluster that begins at `start` ends, before `end`."""
    place = start + 1
    while place < end and place - start < LONGEST and is_inside(text, place):
        place += 1
    return min(place, end)


def _extends(character: str) -> bool:
    if character in _EXTEND or "\U0001f3fb" <= character <= "\U0001f3ff":
        return True
    return unicodedata.category(character) in ("Mn", "Me", "Mc") or "\U000e0020" <= character <= "\U000e007f"


def _is_regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _regionals_before(text: str, place: int) -> int:
    count = 0
    while count < place and count <= 1000 and _is_regional(text[place - 1 - count]):
        count += 1
    return count


def _in_hangul(before: str, behind: str) -> bool:
    """Jamo of one syllable: a leading one before all, a vowel before vowels and trailing ones."""
    first, second = _jamo(before), _jamo(behind)
    if first == "L":
        return second in ("L", "V", "LV", "LVT")
    return (first in ("V", "LV") and second in ("V", "T")) or (first in ("T", "LVT") and second == "T")


def _jamo(character: str) -> str:
    code = ord(character)
    if 0xAC00 <= code <= 0xD7A3:
        return "LVT" if (code - 0xAC00) % 28 else "LV"
    if 0x1100 <= code <= 0x115F or 0xA960 <= code <= 0xA97C:
        return "L"
    if 0x1160 <= code <= 0x11A7 or 0xD7B0 <= code <= 0xD7C6:
        return "V"
    return "T" if 0x11A8 <= code <= 0x11FF or 0xD7CB <= code <= 0xD7FB else ""


def _is_pictured(text: str, place: int) -> bool:
    """Whether the joiner at `place` stands behind a symbol with its marks."""
    for back in range(1, min(LONGEST, place) + 1):
        if not _extends(text[place - back]):
            return unicodedata.category(text[place - back]) == "So"
    return False


def _is_linked(text: str, place: int) -> bool:
    """Whether a virama, with nothing but marks around it, joins a consonant to the letter at `place`."""
    linked = False
    for back in range(1, min(LONGEST, place) + 1):
        character = text[place - back]
        linked = linked or character in _LINKERS
        if not (unicodedata.category(character) in ("Mn", "Me") or character == _ZWJ):
            return linked and unicodedata.category(character) == "Lo" and _same_block(character, text[place])
    return False


def _same_block(one: str, other: str) -> bool:
    return ord(one) >> 7 == ord(other) >> 7
