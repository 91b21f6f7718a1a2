"""Publishing versions of prompts, and withdrawing them."""

from collections.abc import Mapping, Sequence

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.problem import Problem, did_you_mean
from prompteval.plan.prompt_references import split_reference
from prompteval.prompt.loader import load_prompt
from prompteval.prompt.lock import (
    PATH,
    Key,
    Published,
    changed_versions,
    lock_text,
    lost_versions,
    published,
    read_lock,
)
from prompteval.prompt.prompt import Prompt
from prompteval.workspace.discovery import PromptFile, find_prompt, prompt_files
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import Tree, WorkingTree
from prompteval.workspace.writing import write_whole


def publish(workspace: Workspace, references: Sequence[str] = (), *, write: bool = True) -> tuple[str, ...]:
    """Add versions to the lock: all that are not in it, or those that `references` name.

    `name` is its current version, `name@v1` that one. Gives the references that are new to the lock;
    without `write` it stays unchanged. Raises InvalidInput where a published version changed or is gone,
    or a new one does not pass its own check, and UsageError for an unknown reference and where the file
    cannot be written; nothing is written then.
    """
    tree = WorkingTree(workspace.root)
    entries = read_lock(tree)
    files = prompt_files(tree)
    named = [_file(tree, reference) for reference in references]
    every = [file for versions in files.values() for file in versions]
    wanted = [file for file in named or every if (file.name, file.version) not in entries]
    problems, prompts = _load(tree, [file for file in every if file in wanted or _key(file) in entries])
    known = {name: [file.version for file in versions] for name, versions in files.items()}
    problems += [*changed_versions(entries, prompts, known, tree), *lost_versions(entries, known)]
    new = {(prompt.name, prompt.version): prompt for prompt in prompts}
    new = {key: prompt for key, prompt in sorted(new.items()) if key not in entries}
    problems += [problem for prompt in new.values() for problem in prompt.check()]
    if problems:
        raise InvalidInput(sorted(set(problems), key=lambda p: (p.path, p.line, p.col, p.message)))
    if write and new:
        _write(workspace, {**entries, **{key: published(prompt) for key, prompt in new.items()}})
    return tuple(prompt.reference for prompt in new.values())


def withdraw(workspace: Workspace, references: Sequence[str]) -> None:
    """Take versions out of the lock, so that they may be edited or removed.

    Raises UsageError for one that is not in it, and for a reference without a version.
    """
    entries = read_lock(WorkingTree(workspace.root))
    known = [f"{name}@v{version}" for name, version in entries]
    for reference in dict.fromkeys(references):
        name, version, _ = split_reference(reference)
        if version is None or (name, version) not in entries:
            raise UsageError(f"{reference!r} is not in {PATH}", did_you_mean(reference, known))
        del entries[name, version]
    _write(workspace, entries)


def _write(workspace: Workspace, entries: Mapping[Key, Published]) -> None:
    try:
        text = lock_text(entries).encode("ascii")
        write_whole(workspace.root / PATH, [text], within=workspace.root)
    except OSError as error:
        raise UsageError(f"{PATH} cannot be written: {error.strerror}") from None


def _key(file: PromptFile) -> Key:
    return (file.name, file.version)


def _file(tree: Tree, reference: str) -> PromptFile:
    name, version, ref = split_reference(reference)
    if ref is not None:
        raise UsageError(f"{reference!r} is at another commit", "only the working tree can be published")
    return find_prompt(tree, name, version)


def _load(tree: Tree, files: Sequence[PromptFile]) -> tuple[list[Problem], list[Prompt]]:
    """(what keeps a version from loading, the versions that load)."""
    problems: list[Problem] = []
    prompts = []
    for file in files:
        try:
            prompts.append(load_prompt(tree, file.name, file.version))
        except InvalidInput as error:
            problems += error.problems
    return problems, prompts
