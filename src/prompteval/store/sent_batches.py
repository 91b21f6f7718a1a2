"""What a run in batch mode has sent, kept until the run is complete."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from prompteval.core.errors import StoreError
from prompteval.core.strict_json import loads
from prompteval.store.run_files import run_path
from prompteval.workspace.writing import write_whole


@dataclass(slots=True)
class SentBatch:
    """One batch that was to be started, and whether its results are on this machine.

    `batch` is empty until the server has named it. A list that was written before parts had numbers
    has none.
    """

    model: str
    batch: str
    lines: int
    collected: bool = False
    part: int = -1


class SentBatches(Protocol):
    """The list of what a run has sent. Only whoever has the run's journal writes it."""

    def read(self) -> list[SentBatch]:
        """What was written, in its order; empty at first. Raises StoreError."""
        ...

    def write(self, sent: Sequence[SentBatch]) -> None:
        """Put a list in its place, and return when it is stored. Raises StoreError."""
        ...

    def remove(self) -> None:
        """Forget all of it."""
        ...


_KINDS = {"model": str, "batch": str, "lines": int, "collected": bool, "part": int}


class BatchFile:
    """See `SentBatches`: a file of the workspace, which another machine does not have."""

    def __init__(self, run_id: str, directory: Path) -> None:
        self._path = run_path(directory, run_id, "batch-", ".json")

    def read(self) -> list[SentBatch]:
        """What was written. Raises StoreError for a file that is damaged."""
        if not self._path.exists():
            return []
        try:
            found = [SentBatch(**one) for one in loads(self._path.read_bytes(), unique_keys=True)]
            if any(type(getattr(one, name)) is not kind for one in found for name, kind in _KINDS.items()):
                raise TypeError("a value of the wrong type")
            return found
        except (ValueError, TypeError) as error:
            message = f"could not be read: {error}; the run cannot continue with it"
            raise StoreError(str(self._path), message) from None

    def write(self, sent: Sequence[SentBatch]) -> None:
        """Replace the file, in one step."""
        text = json.dumps([asdict(one) for one in sent])
        write_whole(self._path, [text.encode()], within=self._path.parent, private=True)

    def remove(self) -> None:
        """Remove the file."""
        self._path.unlink(missing_ok=True)
