"""What a repository depends on, as its requirements and locks say it; nothing is resolved or run."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from prompteval.audit.files import read_beginning

MAX_MANIFEST_BYTES = 1_000_000
MAX_LOCK_BYTES = 20_000_000
# The locks of tools, whose entries are `[[package]]` tables.
_TABLES = frozenset({"poetry.lock", "uv.lock", "pdm.lock", "pylock.toml"})
_LOCKS = _TABLES | {"Pipfile.lock"}
_ENTRY = re.compile(r'^(name|version)\s*=\s*"([^"\n]{1,200})"', re.MULTILINE)
_OPTION = re.compile(r"[A-Za-z_.-]+\s*=")


def requirements(root: Path, path: str) -> Iterator[str]:
    """`NAME` and the versions that may be, of a file that declares or locks dependencies; nothing of another.

    Those are `requirements*.txt` and `.in`, `pyproject.toml` (with groups, and as Poetry writes it),
    `setup.cfg`, `Pipfile`, and the locks of Poetry, uv, PDM, pip and Pipenv. Of a broken file what can be.
    """
    name = path.rpartition("/")[2]
    if name in _LOCKS:
        text = read_beginning(root / path, MAX_LOCK_BYTES).decode("utf-8", "replace")
        yield from _locked_tables(text) if name in _TABLES else _pipenv_lock(text)
        return
    reader = {"pyproject.toml": _project, "Pipfile": _pipfile, "setup.cfg": _setup}.get(name)
    if reader is None and re.fullmatch(r"requirements.*\.(txt|in)", name):
        reader = _lines
    if reader is not None:
        yield from reader(read_beginning(root / path, MAX_MANIFEST_BYTES).decode("utf-8", "replace"))


def is_lock(path: str) -> bool:
    """Whether a file says what was resolved, and not what is asked for."""
    return path.rpartition("/")[2] in _LOCKS


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield line.partition("#")[0].partition(" --")[0].partition(";")[0].strip(" \\")


def _project(text: str) -> Iterator[str]:
    whole = _toml(text)
    project, poetry = _table(whole, "project"), _table(_table(whole, "tool"), "poetry")
    optional, groups = _table(project, "optional-dependencies"), _table(whole, "dependency-groups")
    for found in (project.get("dependencies"), *optional.values(), *groups.values()):
        yield from (item for item in found if isinstance(item, str)) if isinstance(found, list) else ()
    of_groups = (group for group in _table(poetry, "group").values() if isinstance(group, Mapping))
    for group in (poetry, *of_groups):
        for key in ("dependencies", "dev-dependencies"):
            yield from _versions(_table(group, key))


def _pipfile(text: str) -> Iterator[str]:
    whole = _toml(text)
    for key in ("packages", "dev-packages"):
        yield from _versions(_table(whole, key))


def _setup(text: str) -> Iterator[str]:
    """The indented lines of `install_requires`, and of the section of extras."""
    inside, section = False, ""
    for line in text.splitlines():
        if line.startswith("["):
            section, inside = line.strip(), False
        elif not line[:1].isspace():
            inside = line.startswith("install_requires") or (
                section == "[options.extras_require]" and _OPTION.match(line) is not None
            )
            yield from _lines(line.partition("=")[2]) if inside else ()
        elif inside:
            yield from _lines(line)


def _locked_tables(text: str) -> Iterator[str]:
    """Entry by entry, so that a lock that is cut or broken gives what is before that."""
    for block in text.split("[[package]]")[1:]:
        entry = dict(reversed(_ENTRY.findall(block.partition("\n[")[0])))
        if "name" in entry:
            yield f"{entry['name']}=={entry['version']}" if "version" in entry else entry["name"]


def _pipenv_lock(text: str) -> Iterator[str]:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return
    for key in ("default", "develop"):
        yield from _versions(_table(whole, key), "version")


def _versions(table: Mapping[str, object], key: str = "version") -> Iterator[str]:
    """`name` with its version: a text, or a table with one; `*` is any."""
    for name, given in table.items():
        version = given.get(key) if isinstance(given, Mapping) else given
        shown = version if isinstance(version, str) and version != "*" else ""
        yield f"{name}{'==' if shown[:1].isdigit() else ''}{shown}"


def _toml(text: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _table(whole: object, key: str) -> Mapping[str, object]:
    found = whole.get(key) if isinstance(whole, Mapping) else None
    return found if isinstance(found, Mapping) else {}
