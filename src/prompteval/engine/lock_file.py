"""The lock written again: read, changed and written while nobody else does."""

from collections.abc import Callable

from prompteval.core.errors import UsageError
from prompteval.prompt.lock import Lock, lock_text, read_lock
from prompteval.prompt.lock_problem import PATH
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import WorkingTree
from prompteval.workspace.writing import one_at_a_time, write_whole


def change_lock(workspace: Workspace, change: Callable[[Lock], Lock]) -> Lock:
    """The lock as `change` makes it of what is there now, written whole or not at all.

    Raises what `change` raises, with nothing written; InvalidInput for a lock that cannot be read, UsageError
    where it cannot be written.
    """
    try:
        with one_at_a_time(workspace.root):
            before = read_lock(WorkingTree(workspace.root))
            after = change(before)
            if after != before:
                text = lock_text(after).encode("ascii")
                write_whole(workspace.root / PATH, [text], within=workspace.root)
    except OSError as error:
        raise UsageError(f"{PATH} cannot be written: {error.strerror}") from None
    return after
