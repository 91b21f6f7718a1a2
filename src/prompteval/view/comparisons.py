"""Comparisons that are shown: made once, however many requests ask for them at the same time."""

import threading
import time
from dataclasses import dataclass

from prompteval.view.documents import Column, Json, comparison_document, run_and_rows
from prompteval.workspace.settings import Workspace

KEPT_COMPARISONS = 8
FRESH_SECONDS = 5.0
_State = tuple[str | None, int]


@dataclass(frozen=True, slots=True)
class _Made:
    """A comparison, when it was begun, and how far its runs were then."""

    begun: float
    states: tuple[_State, _State]
    document: Json
    columns: list[Column]


class Comparisons:
    """The last comparisons of a page. A run that has gone on since, or is gone, is never taken from here.

    All methods are safe in any thread; a comparison takes both cores, so that one is made at a time.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = threading.Lock()
        self._made: dict[tuple[str, str], _Made] = {}

    def document(self, a: str, b: str) -> Json:
        """What the page shows, with labels as they were a few seconds ago. Raises as `compare`."""
        return self._get(a, b, time.monotonic() - FRESH_SECONDS).document

    def columns(self, a: str, b: str) -> list[Column]:
        """Where the rows of its columns are. Raises as `compare`."""
        return self._get(a, b, 0.0).columns

    def _get(self, a: str, b: str, since: float) -> _Made:
        with self._lock:
            states, begun = (self._state(a), self._state(b)), time.monotonic()
            made = self._made.get((a, b))
            if made is None or made.states != states or made.begun < since:
                self._made.pop((a, b), None)
                made = _Made(begun, states, *comparison_document(self._workspace, a, b))
                self._made[a, b] = made
                if len(self._made) > KEPT_COMPARISONS:
                    del self._made[next(iter(self._made))]
            return made

    def _state(self, run_id: str) -> _State:
        """(when the run ended, its rows). Raises UsageError for no such run, DamagedRun."""
        record, rows = run_and_rows(self._workspace, run_id)
        return record.finished, rows
