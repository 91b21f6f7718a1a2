"""References to prompts: `name`, `name@v1`, `name@git:REF`."""

import re

from prompteval.core.errors import UsageError
from prompteval.plan.problems import placing
from prompteval.prompt.loader import load_prompt
from prompteval.prompt.prompt import Prompt
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import GitTree, Tree, WorkingTree

_VERSION = re.compile(r"v([0-9]{1,9})")


def split_reference(reference: str) -> tuple[str, int | None, str | None]:
    """(name, version or None, git ref or None). Raises UsageError for another form."""
    name, at, rest = reference.partition("@")
    if not name or (at and not rest):
        raise UsageError(
            f"{reference!r:.100} is not a prompt reference", "write name, name@v1 or name@git:REF"
        )
    if not at:
        return name, None, None
    if rest.startswith("git:") and len(rest) > len("git:"):
        return name, None, rest.removeprefix("git:")
    match = _VERSION.fullmatch(rest)
    if match is None:
        raise UsageError(
            f"{reference!r:.100} is not a prompt reference", "write name, name@v1 or name@git:REF"
        )
    return name, int(match[1]), None


def resolve_prompt(workspace: Workspace, reference: str) -> Prompt:
    """The prompt a reference names, loaded from the working tree or from a commit.

    Raises UsageError for an unknown name, version or commit, InvalidInput for a broken module.
    """
    name, version, ref = split_reference(reference)
    tree: Tree = WorkingTree(workspace.root) if ref is None else GitTree(workspace.root, ref)
    with placing(tree):
        return load_prompt(tree, name, version)
