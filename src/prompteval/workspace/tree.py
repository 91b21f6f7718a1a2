"""A tree of files to read prompts, suites and cases from: the working tree or a commit."""

import os
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Protocol

from prompteval.core.errors import InvalidInput, NoSuchFile, UsageError
from prompteval.core.problem import Problem
from prompteval.workspace.git import git, repository_top
from prompteval.workspace.safe_paths import STATE_DIR, OutsideWorkspace, resolve_inside

_LINK = b"120000"  # the mode of a symbolic link
_KINDS = {b"commit": "submodule"}
_MOST_LINKS = 8
# Of a file that is read whole; what may be longer, such as cases, is streamed.
MAX_READ_BYTES = 200_000_000


class Tree(Protocol):
    """Files below a workspace's root. Paths are posix and relative to the root."""

    @property
    def label(self) -> str: ...

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises InvalidInput when it is missing or outside the root."""
        ...

    def open(self, path: str) -> BinaryIO:
        """The file opened for streaming; as `read` for what is wrong."""
        ...

    def list(self, prefix: str) -> Sequence[str]:
        """All files below `prefix`, sorted; empty when there is no such directory."""
        ...

    def list_directory(self, directory: str, most: int) -> Sequence[str]:
        """Names of files right in a directory, sorted; `most` of its entries are looked at."""
        ...

    def exists(self, path: str) -> bool: ...


class WorkingTree:
    """The files as they are on disk: nothing outside the root, nothing of what prompteval itself keeps.

    A stored database that is opened as a case file would lose its locks (see `store.connection`).
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._state = (self._root / STATE_DIR).resolve()

    @property
    def label(self) -> str:
        return "working tree"

    def read(self, path: str) -> bytes:
        with self.open(path) as file:
            content = file.read(MAX_READ_BYTES + 1)
        if len(content) > MAX_READ_BYTES:
            raise _unreadable(path, f"the file is larger than {MAX_READ_BYTES:,} bytes")
        return content

    def open(self, path: str) -> BinaryIO:
        place = self._inside(path)
        try:
            # Opening a pipe would wait for its other end.
            if place.exists() and not place.is_file():
                raise _unreadable(path, "it is a directory" if place.is_dir() else "it is not a regular file")
            return place.open("rb")
        except FileNotFoundError:
            raise _unreadable(path, "no such file", NoSuchFile) from None
        except OSError as error:
            raise _unreadable(path, f"it cannot be read: {error.strerror}") from None

    def list(self, prefix: str) -> list[str]:
        directory = self._inside(prefix)
        if not directory.is_dir():
            return []
        files = (item for item in directory.rglob("*") if item.is_file() or _is_broken_link(item))
        return sorted(
            item.relative_to(self._root).as_posix() for item in files if self._state not in item.parents
        )

    def list_directory(self, directory: str, most: int) -> Sequence[str]:
        try:
            with os.scandir(self._inside(directory)) as entries:
                first = [entry for entry in islice(entries, most) if self._is_file_inside(directory, entry)]
        except OSError:
            return []
        return sorted(entry.name for entry in first)

    def _is_file_inside(self, directory: str, entry: "os.DirEntry[str]") -> bool:
        """Whether it is a regular file, or a link to one in the workspace."""
        try:
            found = entry.is_file()  # OSError for a link that is part of a loop
            if found and entry.is_symlink():
                self._inside(f"{directory}/{entry.name}")
        except (OSError, InvalidInput):
            return False
        return found

    def exists(self, path: str) -> bool:
        return self._inside(path).is_file()

    def _inside(self, path: str) -> Path:
        try:
            place = resolve_inside(self._root, path)
        except OutsideWorkspace as error:
            raise InvalidInput(
                [Problem(path, 0, 0, "PE114", str(error), "keep files below its root")]
            ) from None
        except ValueError as error:
            raise _unreadable(path, str(error)) from None
        if place == self._state or self._state in place.parents:
            message = f"is in {STATE_DIR}, where prompteval keeps its own files"
            raise InvalidInput([Problem(path, 0, 0, "PE114", message, "keep content elsewhere")])
        return place


def why_unreadable(tree: Tree, path: str) -> str:
    """Why a file cannot be opened, for a message at the line that names it; empty when it can."""
    try:
        tree.open(path).close()
    except InvalidInput as error:
        return error.problems[0].message
    return ""


def _unreadable(path: str, reason: str, kind: type[InvalidInput] = InvalidInput) -> InvalidInput:
    return kind([Problem(path, 0, 0, "PE101", reason)])


def _is_broken_link(item: Path) -> bool:
    """A link to nothing is listed, so that a suite behind it is not lost silently.

    Links that begin with a dot are an editor's locks.
    """
    return item.is_symlink() and not item.exists() and not item.name.startswith(".")


@dataclass(frozen=True, slots=True)
class _Entry:
    """Mode, kind and name of an object of git, and its size in bytes, 0 for what is not a file."""

    mode: bytes
    kind: bytes
    name: str
    size: int


class GitTree:
    """The files of one commit, read with git plumbing: no checkout, no hooks."""

    def __init__(self, root: Path, ref: str) -> None:
        self._root = root.resolve()
        self._ref = ref
        top = repository_top(self._root)
        if top is None:
            raise UsageError(f"{root} is not in a git repository")
        self._prefix = self._root.relative_to(top).as_posix()
        self._commit = self._resolve(ref)

    def _resolve(self, ref: str) -> bytes:
        spec = f"{ref}^{{commit}}"
        unusable = f"the git repository of {self._root} cannot be used"
        shallow = self._git("rev-parse", "--is-shallow-repository", missing=unusable).strip() == b"true"
        missing = f"no commit {ref!r} in this repository"
        if shallow:
            missing += "; the clone is shallow, fetch it first: git fetch --depth=1 origin REF"
        found = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", spec, missing=missing)
        return found.strip()

    @property
    def label(self) -> str:
        return f"git:{self._ref}"

    def read(self, path: str) -> bytes:
        place = self._full(path)
        for _ in range(_MOST_LINKS):
            entry = self._entry(path, place)
            if entry.kind != b"blob":
                raise _unreadable(path, f"at {self._ref} it is a {_KINDS.get(entry.kind, 'directory')}")
            if entry.size > MAX_READ_BYTES:
                raise _unreadable(path, f"at {self._ref} it is larger than {MAX_READ_BYTES:,} bytes")
            content = self._git("cat-file", "blob", entry.name, missing=f"{path} cannot be read")
            if entry.mode != _LINK:
                return content
            place = self._linked(path, place, content)
        raise _unreadable(path, f"its symbolic link at {self._ref} is part of a loop")

    def _entry(self, path: str, place: str) -> "_Entry":
        """What a commit has at a place."""
        arguments = ["ls-tree", "-l", "-z", "--full-tree", self._commit.decode(), "--", place]
        found = self._git(*arguments, missing=f"{self._ref} cannot be listed").rstrip(b"\0")
        if not found:
            raise _unreadable(path, f"no such file at {self._ref}", NoSuchFile)
        mode, kind, name, size = found.partition(b"\t")[0].split()
        return _Entry(mode, kind, name.decode(), int(size) if size.isdigit() else 0)

    def _linked(self, path: str, place: str, target: bytes) -> str:
        """Where a link leads, followed inside the workspace only, as in the working tree."""
        name = target.decode("utf-8", "surrogateescape")
        found = posixpath.normpath(posixpath.join(posixpath.dirname(place), name))
        inside = self._prefix == "." or found.startswith(f"{self._prefix}/")
        if name.startswith("/") or found.startswith("..") or not inside:
            raise InvalidInput(
                [Problem(path, 0, 0, "PE114", f"at {self._ref} it leads out of the workspace")]
            )
        return found

    def open(self, path: str) -> BinaryIO:
        from io import BytesIO

        return BytesIO(self.read(path))

    def list(self, prefix: str) -> list[str]:
        full = self._full(prefix).rstrip("/")
        arguments = ["ls-tree", "-r", "-z", "--name-only", "--full-tree", self._commit.decode()]
        names = self._git(*arguments, "--", full, missing=f"{self._ref} cannot be listed").split(b"\0")
        start = "" if self._prefix == "." else self._prefix + "/"
        found = (name.decode("utf-8", "surrogateescape") for name in names if name)
        return sorted(name.removeprefix(start) for name in found)

    def list_directory(self, directory: str, most: int) -> Sequence[str]:
        full = self._full(directory)
        place = [] if full == "." else [f"{full}/"]
        arguments = ["ls-tree", "-z", "--full-tree", self._commit.decode(), "--", *place]
        entries = self._git(*arguments, missing=f"{self._ref} cannot be listed").split(b"\0")[:most]
        found = (entry.partition(b"\t") for entry in entries)
        files = (path for kind, _, path in found if b" blob " in kind and not kind.startswith(_LINK))
        paths = (path.decode("utf-8", "surrogateescape") for path in files)
        return sorted(map(posixpath.basename, paths))

    def exists(self, path: str) -> bool:
        return path in self.list(path)

    def _full(self, path: str) -> str:
        clean = Path(path).as_posix()
        if clean.startswith("/") or ".." in Path(clean).parts:
            raise InvalidInput([Problem(path, 0, 0, "PE114", "leads out of the workspace")])
        return clean if self._prefix == "." else f"{self._prefix}/{clean}"

    def _git(self, *arguments: str, missing: str) -> bytes:
        return git(self._root, *arguments, missing=missing)
