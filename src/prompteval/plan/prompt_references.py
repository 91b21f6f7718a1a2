"""References to prompts: `name`, `name@v1`, `name@production`, `name@git:REF`."""

import re
from dataclasses import dataclass, replace

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.problem import did_you_mean
from prompteval.plan.problems import placing
from prompteval.prompt.aliases import Alias, name_error
from prompteval.prompt.loader import load_prompt
from prompteval.prompt.lock import Lock, alias_problems, read_lock
from prompteval.prompt.prompt import Prompt
from prompteval.workspace.discovery import PromptFile, find_prompt
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import GitTree, Tree, WorkingTree

FORMS = "name, name@v1, name@production or name@git:REF"
_VERSION = re.compile(r"v([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class PromptReference:
    """A reference taken apart: of `version`, `alias` and `commit` at most one is set."""

    name: str
    version: int | None = None
    alias: str = ""
    commit: str = ""

    def __str__(self) -> str:
        if self.commit:
            return f"{self.name}@git:{self.commit}"
        rest = f"v{self.version}" if self.version is not None else self.alias
        return f"{self.name}@{rest}" if rest else self.name


def parse_reference(text: str) -> PromptReference:
    """The reference that a text is. Raises UsageError for another form."""
    name, at, rest = text.partition("@")
    wrong = UsageError(f"{text!r:.100} is not a prompt reference", f"write {FORMS}")
    if not name or (at and not rest):
        raise wrong
    if not at:
        return PromptReference(name)
    if rest.startswith("git:") and len(rest) > len("git:"):
        return PromptReference(name, commit=rest.removeprefix("git:"))
    match = _VERSION.fullmatch(rest)
    if match is not None:
        return PromptReference(name, int(match[1]))
    if name_error(rest):
        raise wrong
    return PromptReference(name, alias=rest)


def find_reference(tree: Tree, reference: PromptReference) -> PromptFile:
    """The file of the version that a reference names in a tree; its commit is not looked at.

    Raises UsageError for an unknown name, version or alias, InvalidInput for an alias that is wrong.
    """
    if not reference.alias:
        return find_prompt(tree, reference.name, reference.version)
    _, alias = _aliased(tree, reference)
    return find_prompt(tree, reference.name, alias.version)


def load_reference(tree: Tree, reference: PromptReference) -> Prompt:
    """The version that a reference names in a tree, loaded; its commit is not looked at.

    An alias is that of the tree's own lock, and the prompt says by which it was asked for. Raises as
    `find_reference`, and InvalidInput for a broken module and for an alias whose version changed.
    """
    if not reference.alias:
        return load_prompt(tree, reference.name, reference.version)
    lock, alias = _aliased(tree, reference)
    prompt = load_prompt(tree, reference.name, alias.version)
    problems = alias_problems(lock, [alias], [prompt])
    if problems:
        raise InvalidInput(problems)
    return replace(prompt, alias=alias.name)


def resolve_prompt(workspace: Workspace, text: str) -> Prompt:
    """The prompt a reference names, loaded from the working tree or from a commit.

    Raises UsageError for an unknown name, version, alias or commit, InvalidInput for a broken module.
    """
    reference = parse_reference(text)
    commit = reference.commit
    tree: Tree = GitTree(workspace.root, commit) if commit else WorkingTree(workspace.root)
    with placing(tree):
        return load_reference(tree, reference)


def _aliased(tree: Tree, reference: PromptReference) -> tuple[Lock, Alias]:
    find_prompt(tree, reference.name)
    lock = read_lock(tree)
    alias = lock.aliases.get((reference.name, reference.alias))
    if alias is None:
        known = [name for prompt, name in lock.aliases if prompt == reference.name]
        message = f"prompt {reference.name!r} has no alias {reference.alias!r} in the {tree.label}"
        help = did_you_mean(reference.alias, known) if known else "see `prompteval lock alias set --help`"
        raise UsageError(message, help)
    problems = alias_problems(lock, [alias])
    if problems:
        raise InvalidInput(problems)
    return lock, alias
