"""What both applications share: the help pages, an embedding without a model, an answer without one.

Synthetic and simple on purpose: what is shown is how their results are scored.
"""

import math
import re
from pathlib import Path

PAGES = Path(__file__).parent.parent / "datasets" / "help"
SIZE = 256
_WORDS = re.compile(r"[a-z0-9]+")


def embed(text: str) -> list[float]:
    """A bag of word stems, hashed into `SIZE` places, of length 1."""
    found = [0.0] * SIZE
    for word in _WORDS.findall(text.lower()):
        found[sum(map(ord, word[:5])) % SIZE] += 1.0
    norm = math.sqrt(sum(value * value for value in found)) or 1.0
    return [value / norm for value in found]


def sentences() -> list[tuple[str, str]]:
    """(page, sentence) of every page, without its heading."""
    found = []
    for path in sorted(PAGES.glob("*.md")):
        text = " ".join(path.read_text(encoding="utf-8").split("\n\n", 1)[1].split())
        found += [(path.name, part.strip() + ".") for part in text.split(".") if part.strip()]
    return found


def answer(passages: list[str]) -> str:
    """The first passage, word for word: an extractive answer."""
    return passages[0].rstrip(".") if passages else ""
