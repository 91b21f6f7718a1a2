"""The files of a repository: what git has or would have, else what is on disk; links are not followed."""

import io
import os
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prompteval.core.errors import UsageError
from prompteval.workspace.git import git

MOST_FILES = 100_000
DEEPEST_DIRECTORY = 60
# Of a file that is read as a whole; of larger ones only the beginning is looked at.
MAX_SOURCE_BYTES = 2_000_000
MAX_NOTEBOOK_BYTES = 20_000_000
# Where installed packages, caches and builds are, which are nobody's work.
_NOT_OURS = frozenset({
    ".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", "site-packages", ".tox", ".nox",
    ".mypy_cache", ".pytest_cache", ".ruff_cache", ".prompteval", ".eggs", ".ipynb_checkpoints",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listing:
    """Paths from the root, sorted; and whether there are more than were listed."""

    paths: tuple[str, ...]
    cut: bool


def list_files(root: Path) -> Listing:
    """Regular files below `root`. In a git repository those that are tracked, or new and not ignored."""
    try:
        names = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split(b"\0")
        paths = [name.decode("utf-8", "surrogateescape") for name in names if name]
    except UsageError:
        paths = []
    wanted = (path for path in dict.fromkeys(paths) if not _NOT_OURS.intersection(path.split("/")[:-1]))
    found = [path for path in wanted if _is_regular(root / path)]
    if not found:  # no repository, or one that ignores this directory
        found = []
        for path in _walked(root):
            found.append(path)
            if len(found) > MOST_FILES:
                break
    return Listing(tuple(sorted(found[:MOST_FILES])), len(found) > MOST_FILES)


def _is_regular(path: Path) -> bool:
    try:
        return not path.is_symlink() and path.is_file()
    except (OSError, ValueError):
        return False


def _walked(root: Path) -> Iterator[str]:
    stack = [(os.fspath(root), "", 0)]
    while stack:
        directory, prefix, depth = stack.pop()
        try:
            with os.scandir(directory) as entries:
                children = sorted(entries, key=lambda entry: entry.name, reverse=True)
        except OSError:
            continue
        for child in children:
            try:
                if child.is_dir(follow_symlinks=False):
                    if child.name not in _NOT_OURS and depth < DEEPEST_DIRECTORY:
                        stack.append((child.path, f"{prefix}{child.name}/", depth + 1))
                elif child.is_file(follow_symlinks=False):
                    yield prefix + child.name
            except OSError:
                continue


def read_beginning(path: Path, count: int) -> bytes:
    """The first `count` bytes of a regular file; empty where it cannot be read."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(number, "rb") as file:
            return file.read(count)
    except OSError:
        return b""


def in_its_encoding(data: bytes) -> str | None:
    """Python's text by the encoding that its first lines declare (PEP 263); None where they declare none."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return None if encoding.startswith("utf-8") else data.decode(encoding)
    except (SyntaxError, LookupError, ValueError):
        return None


def unknown_encoding(data: bytes) -> str:
    """Why Python refuses the encoding that the first lines declare (PEP 263); empty where it does not."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        b" ".decode(encoding)  # rot13 is none of texts, and UTF-16 none of Python's
    except (SyntaxError, LookupError, UnicodeError) as error:
        return str(error)
    return ""


def is_test(path: str) -> bool:
    """Whether a file is a test by its name or directory: its prompts are examples, not content."""
    *directories, name = path.split("/")
    if {"tests", "test", "testing"}.intersection(directories):
        return True
    return name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"
