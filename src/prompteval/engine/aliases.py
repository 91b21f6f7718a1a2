"""Aliases of published versions: set, moved back, and read."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.problem import did_you_mean
from prompteval.engine.lock_file import change_lock
from prompteval.plan.prompt_references import find_reference, parse_reference
from prompteval.prompt.aliases import NAME_RULE, Alias, name_error
from prompteval.prompt.loader import load_prompt
from prompteval.prompt.lock import Lock, changed_versions, read_lock
from prompteval.prompt.lock_problem import PATH
from prompteval.prompt.prompt import Prompt
from prompteval.workspace.discovery import prompt_files
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import WorkingTree


def set_alias(workspace: Workspace, name: str, text: str) -> tuple[Alias, bool]:
    """(the alias `name` at the version that a reference names, whether it moved).

    The version must be published and as it was then. Raises UsageError for a name that may not be, an
    unknown reference and a version that is not published, InvalidInput for one that changed; nothing is
    written then.
    """
    if error := name_error(name):
        raise UsageError(error, f"an alias is {NAME_RULE}; v<N>, git, last and baseline are reserved")
    reference = parse_reference(text)
    if reference.commit:
        raise UsageError(f"{text!r} is at another commit", "name a version of the working tree")
    file = find_reference(WorkingTree(workspace.root), reference)
    return _moved(workspace, Alias(file.name, name, file.version, ()), file.version)


def roll_back(workspace: Workspace, name: str) -> Alias:
    """The alias at the version that it was at before its last move, which is a move of its own.

    So a second one undoes the first. `name` is an alias or `prompt@alias`. Raises UsageError for an unknown
    alias and for one that never moved, and as `set_alias` for the version.
    """
    alias = find_alias(workspace, name)
    before = alias.history[-1].before if alias.history else None
    if before is None:
        raise UsageError(
            f"{alias.reference} was never another version", "`prompteval lock alias set` moves it"
        )
    return _moved(workspace, alias, before)[0]


def aliases(workspace: Workspace, prompts: Sequence[str] = ()) -> list[Alias]:
    """Every alias, or those of some prompts, by prompt and name. Raises UsageError for an unknown prompt."""
    known = prompt_files(WorkingTree(workspace.root))
    for name in prompts:
        if name not in known:
            raise UsageError(f"no prompt named {name!r} in the working tree", did_you_mean(name, known))
    found = sorted(read_lock(WorkingTree(workspace.root)).aliases.items())
    return [alias for _, alias in found if not prompts or alias.prompt in prompts]


def find_alias(workspace: Workspace, name: str) -> Alias:
    """The alias that is called so: `production`, or `route_ticket@production` where several prompts have it.

    Raises UsageError for an unknown alias, and for one of several prompts.
    """
    every = aliases(workspace)
    found = [alias for alias in every if name in (alias.name, alias.reference)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{len(found)} prompts have the alias {name!r}", f"write {found[0].reference}")
    known = [alias.reference if "@" in name else alias.name for alias in every]
    help = did_you_mean(name, known) if known else "`prompteval lock alias set` creates one"
    raise UsageError(f"no alias {name!r} in {PATH}", help)


def _moved(workspace: Workspace, alias: Alias, version: int) -> tuple[Alias, bool]:
    """The alias at a version of its prompt, written; False where it is there already."""
    prompt = load_prompt(WorkingTree(workspace.root), alias.prompt, version)
    moved = False

    def change(lock: Lock) -> Lock:
        nonlocal moved
        _refuse_unpublished(workspace, lock, prompt)
        now = lock.aliases.get(alias.key, replace(alias, history=()))
        moved = not now.history or now.version != version
        after = now.moved(version, datetime.now(UTC)) if moved else now
        return replace(lock, aliases={**lock.aliases, alias.key: after})

    return change_lock(workspace, change).aliases[alias.key], moved


def _refuse_unpublished(workspace: Workspace, lock: Lock, prompt: Prompt) -> None:
    """Raise UsageError for a version that is not in the lock, InvalidInput for one that is not as it was."""
    if (prompt.name, prompt.version) not in lock.versions:
        help = f"publish it: `prompteval lock {prompt.reference}`"
        raise UsageError(f"{prompt.reference} is not published", help)
    tree = WorkingTree(workspace.root)
    known = {name: [file.version for file in files] for name, files in prompt_files(tree).items()}
    changed = changed_versions(lock.versions, [prompt], known, tree)
    if changed:
        raise InvalidInput(changed)
