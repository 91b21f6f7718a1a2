"""One (suite, target, model) of one side, whose rows can be read again."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from prompteval.core.fingerprint import fingerprint
from prompteval.report.view import ResultView, RunView
from prompteval.store.results import SqliteStore
from prompteval.workspace.settings import Workspace

_VERSION = re.compile(r"@v\d+\Z")
# (case id, replicate, outcome, latency, confidence, case JSON, scores JSON, ...): what a store gives.
StoredRow = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class CompareEntry:
    """One entry of one side.

    `run_id` is None for a baseline. `rows` gives the stored rows anew, by case id and
    replicate. `result` holds latency and usage, None for a baseline. `facts` are the manifest's
    words on the suite (fingerprints of cases and scorers, metrics, slices).
    """

    run_id: str | None
    suite: str
    reference: str
    fingerprint: str
    model: str
    facts: dict[str, Any]
    rows: Callable[[], Iterator[StoredRow]]
    result: ResultView | None = None

    @property
    def name(self) -> str:
        """The target's name without its version: what two entries pair by."""
        return _VERSION.sub("", self.reference)

    @property
    def scorers(self) -> list[str]:
        """The names of the scorers whose values the rows carry."""
        return [name for _, name, _ in self.facts["scorers"]]


def entries_of(workspace: Workspace, view: RunView, manifest: dict[str, Any]) -> list[CompareEntry]:
    """The entries of a stored run."""
    from prompteval.engine.stored import store_path

    def reader(result: ResultView) -> Callable[[], Iterator[StoredRow]]:
        def rows() -> Iterator[StoredRow]:
            store = SqliteStore.open(store_path(workspace), readonly=True)
            try:
                yield from store.score_columns(view.run_id, result.suite, result.prompt, result.model)
            finally:
                store.close()

        return rows

    return [
        CompareEntry(
            run_id=view.run_id,
            suite=result.suite,
            reference=result.prompt,
            fingerprint=result.fingerprint,
            model=result.model,
            facts=manifest["suites"][result.suite],
            rows=reader(result),
            result=result,
        )
        for result in view.results
    ]


def case_mark(case_json: str) -> str:
    """A short digest of a stored case's inputs and expected value: cases are the same when it is."""
    body = json.loads(case_json)
    if "mark" in body:  # a baseline keeps the mark instead of the case
        return str(body["mark"])
    return fingerprint([body.get("inputs"), body.get("expected")]).removeprefix("sha256:")[:16]
