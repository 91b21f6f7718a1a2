"""Where tokens begin in a text, in characters, from the bytes of the tokens."""

from collections.abc import Iterable

# Bytes of UTF-8 that continue a character; every other byte begins one.
_CONTINUING = bytes(range(0x80, 0xC0))


def starts_of_pieces(pieces: Iterable[bytes]) -> list[int]:
    """The character each piece begins in, for pieces that together are the UTF-8 of a text.

    A piece that begins inside a character has the place of that character, so that the places
    never fall and several pieces may share one.
    """
    places: list[int] = []
    begun = 0
    for piece in pieces:
        inside = 0x80 <= piece[0] < 0xC0
        places.append(begun - inside)
        begun += len(piece) if piece.isascii() else len(piece.translate(None, _CONTINUING))
    return places


def starts_by_bytes(text: str, width: int) -> list[int]:
    """The character that each `width` bytes of UTF-8 begin in."""
    data = text.encode("utf-8", "replace")
    return starts_of_pieces(data[at : at + width] for at in range(0, len(data), width))
