"""What a shell offers after Tab: names of the workspace at hand."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prompteval.workspace.settings import Workspace

# A name with another character could mean something to the shell that puts it into a command line.
_PLAIN = re.compile(r"[\w.@/+:][\w.@/+:-]*")
# A shell shows all of them at once, so older runs are left out.
RUNS = 50


def suites(incomplete: str) -> list[str]:
    """Names of suites."""
    return _offered(_suites, incomplete)


def prompts(incomplete: str) -> list[str]:
    """`name`, `name@v1` and `name@production` of every prompt."""
    return _offered(_prompts, incomplete)


def prompt_names(incomplete: str) -> list[str]:
    """Names of prompts."""
    return [name for name in prompts(incomplete) if "@" not in name]


def aliases(incomplete: str) -> list[str]:
    """Aliases, and each with its prompt."""
    return _offered(_aliases, incomplete)


def models(incomplete: str) -> list[str]:
    """The default model, and every profile."""
    return _offered(_models, incomplete)


def runs(incomplete: str) -> list[str]:
    """`last`, and the ids of stored runs, newest first."""
    return _offered(_runs, incomplete)


def sides(incomplete: str) -> list[str]:
    """What can stand on a side of a comparison: runs, prompts, baseline and the start of a git ref."""
    fixed = [word for word in ("baseline", "baseline:", "git:") if word.startswith(incomplete)]
    return [*fixed, *runs(incomplete), *prompts(incomplete)]


def explained(incomplete: str) -> list[str]:
    """Problem codes, and every name that `explain` knows."""
    from prompteval.core.codes import codes

    found = [code for code in codes() if code.startswith(incomplete.upper())] if incomplete else []
    if found:
        return found
    from prompteval.reference.index import every_name

    return [name for name in every_name() if name.startswith(incomplete) and _PLAIN.fullmatch(name)]


def _offered(find: Callable[["Workspace"], Iterable[str]], incomplete: str) -> list[str]:
    """The plain names that begin as typed; none where there is no workspace, or none that can be read."""
    from prompteval.workspace.settings import find_workspace

    try:
        names = [name for name in find(find_workspace(Path.cwd())) if name.startswith(incomplete)]
    except Exception:  # a message would be in the middle of the line that is being typed
        return []
    return [name for name in names if _PLAIN.fullmatch(name)]


def _suites(workspace: "Workspace") -> Iterable[str]:
    from prompteval.workspace.discovery import suite_files
    from prompteval.workspace.tree import WorkingTree

    return [Path(path).stem for path in suite_files(WorkingTree(workspace.root))]


def _prompts(workspace: "Workspace") -> Iterable[str]:
    from prompteval.workspace.discovery import prompt_files
    from prompteval.workspace.tree import WorkingTree

    aliased = _aliases_of(workspace)
    for name, files in prompt_files(WorkingTree(workspace.root)).items():
        yield name
        yield from (f"{name}@v{file.version}" for file in files)
        yield from (f"{name}@{alias}" for prompt, alias in aliased if prompt == name)


def _aliases(workspace: "Workspace") -> Iterable[str]:
    aliased = _aliases_of(workspace)
    return [*sorted({alias for _, alias in aliased}), *(f"{prompt}@{alias}" for prompt, alias in aliased)]


def _aliases_of(workspace: "Workspace") -> list[tuple[str, str]]:
    """(prompt, alias) of each; none of a lock that cannot be read, which takes no other name away."""
    from prompteval.core.errors import PromptevalError
    from prompteval.prompt.lock import read_lock
    from prompteval.workspace.tree import WorkingTree

    try:
        return sorted(read_lock(WorkingTree(workspace.root)).aliases)
    except PromptevalError:
        return []


def _models(workspace: "Workspace") -> Iterable[str]:
    return [workspace.settings.default_model, *workspace.settings.models]


def _runs(workspace: "Workspace") -> Iterable[str]:
    from prompteval.engine.run_list import newest_runs

    return ["last", *(record.run_id for record in newest_runs(workspace, RUNS))]
