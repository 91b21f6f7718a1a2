"""Which prompts and suites a tree has."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from prompteval.core.errors import UsageError
from prompteval.core.problem import did_you_mean
from prompteval.workspace.tree import Tree

_VERSION_FILE = re.compile(r"prompts/([^/]+)/v([1-9][0-9]*)\.py")
_SUITE_FILE = re.compile(r"evals/([^/]+)\.ya?ml")


@dataclass(frozen=True, slots=True)
class PromptFile:
    """One version of a prompt: `prompts/<name>/v<version>.py`."""

    name: str
    version: int
    path: str


def prompt_files(tree: Tree) -> Mapping[str, tuple[PromptFile, ...]]:
    """Every prompt with its versions, oldest first."""
    found: dict[str, list[PromptFile]] = {}
    for path in tree.list("prompts"):
        match = _VERSION_FILE.fullmatch(path)
        if match:
            found.setdefault(match[1], []).append(PromptFile(match[1], int(match[2]), path))
    return {name: tuple(sorted(files, key=lambda f: f.version)) for name, files in sorted(found.items())}


def find_prompt(tree: Tree, name: str, version: int | None = None) -> PromptFile:
    """One version of a prompt, the highest when none is named. Raises UsageError with the nearest."""
    known = prompt_files(tree)
    if name not in known:
        raise UsageError(f"there is no prompt {name!r} in the {tree.label}", did_you_mean(name, known))
    if version is None:
        return known[name][-1]
    for file in known[name]:
        if file.version == version:
            return file
    have = ", ".join(f"v{file.version}" for file in known[name])
    raise UsageError(f"prompt {name!r} has no version v{version}", f"it has {have}")


def suite_files(tree: Tree) -> tuple[str, ...]:
    """The paths of all suites, sorted."""
    return tuple(path for path in tree.list("evals") if _SUITE_FILE.fullmatch(path))


def find_suites(tree: Tree, selectors: tuple[str, ...]) -> tuple[str, ...]:
    """The suites that selectors name (by name or path), all when there is none.

    Raises UsageError for a selector that names nothing.
    """
    known = {path.removeprefix("evals/").rsplit(".", 1)[0]: path for path in suite_files(tree)}
    if not selectors:
        return tuple(known.values())
    chosen: list[str] = []
    for selector in selectors:
        clean = selector.removeprefix("./")
        path = known.get(clean) or (clean if clean in known.values() or tree.exists(clean) else None)
        if path is None:
            raise UsageError(f"there is no suite {selector!r}", did_you_mean(selector, known))
        if path not in chosen:
            chosen.append(path)
    return tuple(chosen)
