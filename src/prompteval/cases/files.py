"""Files that the inputs of cases name: by a path beside the case file, or as a data URL."""

import posixpath
from collections.abc import Callable
from functools import cache

from prompteval.core.errors import InvalidInput, NoSuchFile
from prompteval.core.media import File, FileValue, WrongFile, read_data_url
from prompteval.workspace.sent_files import MOST_NEAR, address_fault, file_content, near_file
from prompteval.workspace.tree import Tree

# Of a path, as systems of files allow; what is longer was not meant as one.
LONGEST_PATH = 4_096


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
        if fault := address_fault(text):
            return WrongFile(text, fault)
        if not text.strip() or len(text) > LONGEST_PATH:
            what = "is empty; " if not text.strip() else ""
            return WrongFile(text, f"{what}a file is a path beside the case file, or a data URL")
        path = posixpath.normpath(posixpath.join(directory, text))
        try:
            content = file_content(tree, path)
            return FileValue(File.of_bytes(content, lambda: file_content(tree, path), path), text)
        except InvalidInput as error:
            near = near_file(beside, path, text) if isinstance(error, NoSuchFile) else ""
            return WrongFile(text, f"{text:.200}: {error.problems[0].message}{near and f' ({near})'}")
        except ValueError as error:
            return WrongFile(text, f"{text:.200}: {error}")

    return read
