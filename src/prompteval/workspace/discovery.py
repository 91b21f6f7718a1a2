"""Which prompts and suites a tree has."""

import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.problem import Problem, did_you_mean
from prompteval.workspace.tree import GitTree, Tree

_VERSION_FILE = re.compile(r"prompts/([^/]+)/v([1-9][0-9]*)\.py")
# What is meant as a version and misspelled: it is where the versions are.
_MISSPELLED = re.compile(r"prompts/[^/]+/[vV]\d+(?:\.[pP][yY]|/__init__\.py)")
# What may be meant as one or be an old copy: it is in a directory below, or beside the prompts.
_ELSEWHERE = re.compile(r"prompts/(?:[^/]+/[^/]+/(?:.+/)?)?[vV]\d+\.[pP][yY]")
_YAML = re.compile(r".+\.ya?ml", re.IGNORECASE)
# A mapping at the top level with cases and something to run: a suite, wherever the file is.
_CASES = re.compile(rb"^cases\s*:", re.MULTILINE)
_MOST_READ = 1 << 20
_TARGET = re.compile(rb"^(?:prompt|callable|endpoint|outputs|rag)\s*:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PromptFile:
    """One version of a prompt: `prompts/<name>/v<version>.py`."""

    name: str
    version: int
    path: str

    @property
    def reference(self) -> str:
        return f"{self.name}@v{self.version}"


def prompt_files(tree: Tree) -> Mapping[str, tuple[PromptFile, ...]]:
    """Every prompt with its versions, oldest first."""
    found: dict[str, list[PromptFile]] = {}
    for path in tree.list("prompts"):
        match = _VERSION_FILE.fullmatch(path)
        if match:
            found.setdefault(match[1], []).append(PromptFile(match[1], int(match[2]), path))
    return {name: tuple(sorted(files, key=lambda f: f.version)) for name, files in sorted(found.items())}


def find_prompt(tree: Tree, name: str, version: int | None = None) -> PromptFile:
    """One version of a prompt, the highest when none is named.

    Raises UsageError with the nearest, InvalidInput where the highest may be in a file of another name.
    """
    known = prompt_files(tree)
    if version is None:
        _refuse(
            [problem for problem in misnamed_versions(tree) if problem.path.startswith(f"prompts/{name}/")]
        )
    if name not in known:
        raise UsageError(f"no prompt named {name!r} in the {tree.label}", did_you_mean(name, known))
    if version is None:
        return known[name][-1]
    for file in known[name]:
        if file.version == version:
            return file
    have = ", ".join(f"v{file.version}" for file in known[name])
    raise UsageError(f"prompt {name!r} has no version v{version}", f"it has {have}")


def misnamed_versions(tree: Tree) -> list[Problem]:
    """Files beside the versions of a prompt that are not found as one, so that an older one would be current.

    None for a commit: it cannot be corrected.
    """
    if isinstance(tree, GitTree):
        return []
    message = "a version of a prompt is not found under this name"
    help = "name it prompts/<name>/v<N>.py, without leading zeros"
    return [
        Problem(path, 1, 1, "PE216", message, help)
        for path in tree.list("prompts")
        if _MISSPELLED.fullmatch(path) and not _VERSION_FILE.fullmatch(path)
    ]


def prompt_problems(tree: Tree) -> list[Problem]:
    """Versions not found by their name or place, and prompts whose directories are one on many disks."""
    paths = [files[0].path for files in prompt_files(tree).values()]
    same = _same(paths, "prompt", lambda path: path.split("/")[1], "directories")
    return [*misnamed_versions(tree), *_versions_elsewhere(tree), *same]


def _versions_elsewhere(tree: Tree) -> list[Problem]:
    """Warnings of versions in other directories, but for those below a name that begins with `_` or `.`."""
    message = "a version of a prompt is not found in this directory"
    help = "move it to prompts/<name>/; old copies may be in a directory whose name begins with _"
    return [
        Problem(path, 1, 1, "PE216", message, help, severity="warning")
        for path in tree.list("prompts")
        if _ELSEWHERE.fullmatch(path) and not re.search(r"/[_.]", path)
    ]


def suite_files(tree: Tree) -> tuple[str, ...]:
    """The paths of all suites, sorted: `evals/<suite>.yaml`."""
    found = (path for path in tree.list("evals") if _YAML.fullmatch(path))
    return tuple(path for path in found if path.count("/") == 1)


def suite_name(path: str) -> str:
    """A suite is called as its file is, without the ending."""
    return posixpath.basename(path).rsplit(".", 1)[0]


def suite_problems(tree: Tree) -> list[Problem]:
    """Suites that hide each other, and those in directories where no run finds them."""
    return [*same_names(suite_files(tree)), *_out_of_reach(tree)]


def same_names(paths: Iterable[str]) -> list[Problem]:
    """Two suites of one name share rows, results and a baseline, so that one hides the other."""
    return _same(paths, "suite", suite_name, "files")


def _same(paths: Iterable[str], kind: str, name_of: Callable[[str], str], what: str) -> list[Problem]:
    first: dict[str, str] = {}
    found = []
    for path in paths:
        other = first.setdefault(_on_any_disk(name_of(path)), path)
        if other != path:
            message = f"duplicate {kind} name {name_of(path)!r}: {other} has it too"
            found.append(Problem(path, 1, 1, "PE213", message, f"rename one of the {what}"))
    return found


def _on_any_disk(name: str) -> str:
    """Upper and lower case are one name, and so are a letter's Unicode forms, as they are on many disks."""
    return unicodedata.normalize("NFC", name).casefold()


def _out_of_reach(tree: Tree) -> list[Problem]:
    message = "a suite in a directory below evals/ is not run"
    help = "move it to evals/, or out of evals/ where it is run by its path alone"
    return [
        Problem(path, 1, 1, "PE214", message, help)
        for path in tree.list("evals")
        if path.count("/") > 1 and _YAML.fullmatch(path) and _is_suite(tree, path)
    ]


def _is_suite(tree: Tree, path: str) -> bool:
    try:
        with tree.open(path) as file:
            content = file.read(_MOST_READ)
    except InvalidInput:  # a link to nothing, say: no suite can be read there
        return False
    return _CASES.search(content) is not None and _TARGET.search(content) is not None


def find_suites(tree: Tree, selectors: tuple[str, ...]) -> tuple[str, ...]:
    """The suites that selectors name (by name or path), all when there is none.

    Raises UsageError for a selector that matches nothing, InvalidInput where a name is not one suite's
    alone, and, when all are wanted, where a suite would be left out.
    """
    paths = suite_files(tree)
    if not selectors:
        _refuse(suite_problems(tree))
        return paths
    known = {path.removeprefix("evals/").rsplit(".", 1)[0]: path for path in paths}
    chosen: list[str] = []
    for selector in selectors:
        clean = posixpath.normpath(selector)
        path = known.get(clean) or (clean if clean in paths or tree.exists(clean) else None)
        if path is None:
            raise UsageError(f"no suite named {selector!r}", did_you_mean(selector, known))
        if path not in chosen:
            chosen.append(path)
    names = {_on_any_disk(suite_name(path)) for path in chosen}
    rivals = (path for path in paths if path not in chosen and _on_any_disk(suite_name(path)) in names)
    _refuse(same_names([*chosen, *rivals]))
    return tuple(chosen)


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise InvalidInput(problems)
