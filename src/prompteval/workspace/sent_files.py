"""Files that models are shown: their content, within its limit, and what a wrong name may mean."""

import os
import posixpath
from collections.abc import Callable, Sequence
from typing import Final

from prompteval.core.errors import InvalidInput
from prompteval.core.media import MOST_FILE_BYTES, too_large
from prompteval.core.problem import did_you_mean
from prompteval.workspace.tree import Tree

# Files of a directory that are looked at for the one that was meant.
MOST_NEAR: Final = 1_000


def file_content(tree: Tree, path: str) -> bytes:
    """All of a file. Raises InvalidInput where it cannot be read, ValueError for one that is too large."""
    with tree.open(path) as file:
        size = file.seek(0, os.SEEK_END)
        if size > MOST_FILE_BYTES:
            raise ValueError(too_large(size))
        file.seek(0)
        return file.read(MOST_FILE_BYTES + 1)


def address_fault(text: str) -> str:
    """Why a text is not the path of a file where it is an address; empty for any other text."""
    if "://" not in text[:20]:
        return ""
    return f"{text[:80]!r} is an address, and nothing is fetched; keep the file here"


def near_file(beside: Callable[[str], Sequence[str]], path: str, text: str) -> str:
    """What may have been meant by a `text` whose `path` leads to no file; `beside` lists a directory."""
    try:
        names = [name for name in beside(posixpath.dirname(path)) if not name.endswith(".py")]
    except InvalidInput:
        return ""
    start = posixpath.dirname(text)
    return did_you_mean(text, [posixpath.join(start, name) for name in names])
