"""Draws the images of this workspace: shapes of one colour, 24 pixels wide. All of them are synthetic."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

SIDE, MIDDLE = 24, 11.5
IMAGES = Path(__file__).parent / "datasets/images"
EXAMPLE = Path(__file__).parent / "prompts/name_shape/example.png"
COLOURS = {"red": (200, 30, 30), "blue": (30, 60, 200)}
SHAPES: dict[str, Callable[[int, int], bool]] = {
    "circle": lambda x, y: (x - MIDDLE) ** 2 + (y - MIDDLE) ** 2 < 81,
    "square": lambda x, y: 4 <= x < 20 and 4 <= y < 20,
    "triangle": lambda x, y: 4 <= y < 20 and abs(x - MIDDLE) <= (y - 3) / 2,
}


def png(colour: tuple[int, int, int], inside: Callable[[int, int], bool]) -> bytes:
    """A shape on white as a PNG image, not compressed: the same bytes by any version of zlib."""
    rows = (
        b"\0" + b"".join(bytes(colour if inside(x, y) else (255, 255, 255)) for x in range(SIDE))
        for y in range(SIDE)
    )
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows), 0)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


if __name__ == "__main__":
    IMAGES.mkdir(parents=True, exist_ok=True)
    for shape, inside in SHAPES.items():
        for name, colour in COLOURS.items():
            example = (name, shape) == ("red", "circle")
            place = EXAMPLE if example else IMAGES / f"{name}-{shape}.png"
            place.write_bytes(png(colour, inside))
