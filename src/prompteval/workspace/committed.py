"""Whether what prompteval keeps for itself came with the repository."""

import os

from prompteval.core.notice import notice
from prompteval.workspace.git import tracked
from prompteval.workspace.safe_paths import STATE_DIR
from prompteval.workspace.settings import Workspace


def warn_of_committed(workspace: Workspace) -> None:
    """Say that git keeps results, replies and journals: whoever committed them wrote them.

    Raises UsageError where the settings put the store out of the workspace.
    """
    places = (workspace.root / STATE_DIR, workspace.store_place().file)
    kept = [path for path in places if path is not None and os.path.lexists(path)]
    if kept and tracked(workspace.root, kept):
        notice(
            f"{STATE_DIR} or the store is committed to git: whoever wrote it decides what stored runs and"
            f" cached replies say; remove it with `git rm -r --cached {STATE_DIR}`"
        )
