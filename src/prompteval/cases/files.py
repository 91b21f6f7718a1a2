"""Files that the inputs of cases name: by a path beside the case file, or as a data URL."""

import os
import posixpath
from collections.abc import Callable, Sequence
from functools import cache

from prompteval.core.errors import InvalidInput, NoSuchFile
from prompteval.core.media import MOST_FILE_BYTES, File, FileValue, WrongFile, read_data_url, too_large
from prompteval.core.problem import did_you_mean
from prompteval.workspace.tree import Tree

# Of a path, as systems of files allow; what is longer was not meant as one.
LONGEST_PATH = 4_096
# Files of a directory that are looked at for the one that was meant.
MOST_NEAR = 1_000


def file_reader(tree: Tree, directory: str) -> Callable[[str], FileValue | WrongFile]:
    """What gives the file that a text of a case names: a data URL, or a path that starts at `directory`.

    A file that cannot be sent is a WrongFile, whose reason is shown where the inputs are checked. Files are
    read and hashed, and read again where they are sent.
    """

    beside = cache(lambda place: tree.list_directory(place, MOST_NEAR))

    def read(text: str) -> FileValue | WrongFile:
        found = read_data_url(text)
        if found is not None:
            return found
        if "://" in text[:20]:
            return WrongFile(text, f"{text[:80]!r} is an address, and nothing is fetched; keep the file here")
        if not text.strip() or len(text) > LONGEST_PATH:
            what = "is empty; " if not text.strip() else ""
            return WrongFile(text, f"{what}a file is a path beside the case file, or a data URL")
        path = posixpath.normpath(posixpath.join(directory, text))
        try:
            content = _content(tree, path)
            return FileValue(File.of_bytes(content, lambda: _content(tree, path), path), text)
        except InvalidInput as error:
            near = _near(beside, path, text) if isinstance(error, NoSuchFile) else ""
            return WrongFile(text, f"{text:.200}: {error.problems[0].message}{near and f' ({near})'}")
        except ValueError as error:
            return WrongFile(text, f"{text:.200}: {error}")

    return read


def _near(beside: Callable[[str], Sequence[str]], path: str, text: str) -> str:
    """What may have been meant by a path that leads to no file in a directory, whose files `beside` gives."""
    try:
        near = beside(posixpath.dirname(path))
    except InvalidInput:
        return ""
    start = posixpath.dirname(text)
    return did_you_mean(text, [posixpath.join(start, name) for name in near])


def _content(tree: Tree, path: str) -> bytes:
    """All of a file. Raises InvalidInput where it cannot be read, ValueError for one that is too large."""
    with tree.open(path) as file:
        size = file.seek(0, os.SEEK_END)
        if size > MOST_FILE_BYTES:
            raise ValueError(too_large(size))
        file.seek(0)
        return file.read(MOST_FILE_BYTES + 1)
