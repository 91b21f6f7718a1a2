"""Images of cases as a page shows them: a bounded part of it."""

from collections.abc import Callable
from typing import Final

# By the hash of a file, the image as a data URL; empty for what is not kept.
Thumbnails = Callable[[str], str]
# Of all images of one page, as data URLs.
MOST_CHARACTERS: Final = 4_000_000


def no_thumbnails(sha256: str) -> str:
    """Where none are kept."""
    return ""


class PageImages:
    """The images of one page, until they are MOST_CHARACTERS; later ones are named alone."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        self._thumbnails = thumbnails
        self._left = MOST_CHARACTERS

    def __call__(self, sha256: str) -> str:
        found = self._thumbnails(sha256) if self._left > 0 else ""
        if len(found) > self._left:
            self._left = 0
            return ""
        self._left -= len(found)
        return found
