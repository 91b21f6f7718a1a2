"""Publishing versions of prompts, and withdrawing them."""

from collections.abc import Sequence
from dataclasses import replace

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.problem import Problem, did_you_mean
from prompteval.engine.lock_file import change_lock
from prompteval.plan.prompt_references import PromptReference, find_reference, parse_reference
from prompteval.prompt.loader import load_prompt
from prompteval.prompt.lock import Key, Lock, changed_versions, lost_versions, published, read_lock
from prompteval.prompt.lock_problem import PATH
from prompteval.prompt.prompt import Prompt
from prompteval.workspace.discovery import PromptFile, prompt_files
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import Tree, WorkingTree


def publish(workspace: Workspace, references: Sequence[str] = (), *, write: bool = True) -> tuple[str, ...]:
    """Add versions to the lock: all that are not in it, or those that `references` name.

    `name` is its current version, `name@v1` that one. Gives the references that are new to the lock;
    without `write` it stays unchanged. Raises InvalidInput where a published version changed or is gone,
    or a new one does not pass its own check, and UsageError for an unknown reference and where the file
    cannot be written; nothing is written then.
    """
    tree = WorkingTree(workspace.root)
    entries = read_lock(tree).versions
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
        added = {key: published(prompt) for key, prompt in new.items()}
        change_lock(workspace, lambda lock: replace(lock, versions={**lock.versions, **added}))
    return tuple(prompt.reference for prompt in new.values())


def withdraw(workspace: Workspace, references: Sequence[str]) -> None:
    """Take versions out of the lock, so that they may be edited or removed.

    Raises UsageError for one that is not in it or that an alias points at, and for a reference without a
    version.
    """
    wanted = [parse_reference(text) for text in dict.fromkeys(references)]
    change_lock(workspace, lambda lock: _without(lock, wanted))


def _without(lock: Lock, references: Sequence[PromptReference]) -> Lock:
    versions = dict(lock.versions)
    known = [f"{name}@v{version}" for name, version in versions]
    for reference in references:
        key = (reference.name, reference.version or 0)
        if key not in versions:
            raise UsageError(f"{str(reference)!r} is not in {PATH}", did_you_mean(str(reference), known))
        for alias in lock.aliases_of(key):
            help = f"move it first: `prompteval lock alias set {alias.name} {alias.prompt}@v<N>`"
            raise UsageError(f"{alias.reference} is {alias.target}, which cannot be withdrawn", help)
        del versions[key]
    return replace(lock, versions=versions)


def _key(file: PromptFile) -> Key:
    return (file.name, file.version)


def _file(tree: Tree, reference: str) -> PromptFile:
    found = parse_reference(reference)
    if found.commit:
        raise UsageError(f"{reference!r} is at another commit", "only the working tree can be published")
    return find_reference(tree, found)


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
