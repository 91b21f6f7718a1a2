"""Names of files with the id of a run in them; ids come from a store that others may write."""

import re
from pathlib import Path

from prompteval.core.errors import StoreError

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def may_have_files(run_id: str) -> bool:
    """Whether an id can be part of the name of a file; a run with another id has no files."""
    return _ID.fullmatch(run_id) is not None


def run_path(directory: Path, run_id: str, before: str = "", after: str = "") -> Path:
    """The place in a directory that is named by a run's id, with a text before and after.

    Raises StoreError for an id that could name a place elsewhere.
    """
    if not may_have_files(run_id):
        message = f"the id of run {run_id!r} cannot name a file; `prompteval runs rm` removes the run"
        raise StoreError(str(directory), message)
    return directory / f"{before}{run_id}{after}"
