"""Runs a suite once a session, whichever test, or worker of pytest-xdist, needs it first."""

import fcntl
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from prompteval.core.errors import PromptevalError, UsageError
from prompteval.core.exit_codes import INTERRUPTED
from prompteval.core.observation import Row
from prompteval.engine.progress import Progress
from prompteval.engine.run import run_suites
from prompteval.engine.run_list import newest_runs
from prompteval.engine.stored import stored_view
from prompteval.plan.function import FunctionPlan
from prompteval.plan.run_options import RunOptions, Selection
from prompteval.plan.suite_plan import SuitePlan
from prompteval.plan.targets.endpoint import EndpointPlan
from prompteval.report.result_view import ResultView
from prompteval.workspace.settings import Workspace

# These work in this process; what they ask a model for goes through the run's own layers.
OWN_RETRIEVERS = ("bm25", "dense", "hybrid", "run")
OWN_RERANKERS = ("none", "cross_encoder", "late_interaction", "llm")


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """A finished run: the rows of each (prompt, model, case), the result of each (prompt, model).

    `reason` is the run's last line, which says why a case that has no row was not run.
    """

    rows: Mapping[tuple[str, str, str], tuple[Row, ...]]
    results: Mapping[tuple[str, str], ResultView]
    reason: str


class SuiteRuns:
    """The runs of one suite in this session: at most one, kept in a database below `directory`."""

    def __init__(
        self, workspace: Workspace, plan: SuitePlan, directory: Path, *, live: bool, replay: Path | None
    ) -> None:
        name = hashlib.sha256(f"{workspace.root}\0{plan.suite.path}".encode()).hexdigest()[:16]
        self._path = directory / name
        self._workspace = replace(workspace, store=str(self._path.with_suffix(".sqlite")))
        self.refused = "" if live else outside(workspace, plan)
        self._options = RunOptions(suites=(plan.suite.path,), replay=replay, offline=not live)
        self._plan = plan
        self._found: SuiteRun | PromptevalError | None = None

    def run(self, wanted: Callable[[], frozenset[str] | None]) -> SuiteRun:
        """The run over the cases that are wanted, all when None; made at the first call and then the same.

        Raises what `run_suites` raises, at every call, and KeyboardInterrupt when it was stopped.
        """
        if self._found is None:
            try:
                self._found = self._make(wanted())
            except PromptevalError as error:
                self._found = error
        if isinstance(self._found, PromptevalError):
            raise self._found
        return self._found

    def _make(self, case_ids: frozenset[str] | None) -> SuiteRun:
        name = self._plan.suite.name
        only = None if case_ids is None else frozenset((name, case_id) for case_id in case_ids)
        with _alone(self._path.with_suffix(".lock")):
            if not any(record.summary for record in newest_runs(self._workspace, 1)):
                options = replace(self._options, selection=Selection(only=only))
                if run_suites(self._workspace, options, Progress(), [self._plan]).exit_code == INTERRUPTED:
                    raise KeyboardInterrupt
        view = stored_view(self._workspace, "last")
        rows: dict[tuple[str, str, str], tuple[Row, ...]] = {}
        for row in view.rows():
            key = (row.target, row.model, row.case.id)
            rows[key] = (*rows.get(key, ()), row)
        return SuiteRun(rows, {(r.prompt, r.model): r for r in view.results}, view.reason)


def outside(workspace: Workspace, plan: SuitePlan) -> str:
    """What a suite calls besides its models, which have a cache to answer from; empty when nothing.

    The team's own system counts, for what a call of it costs cannot be known here.
    """
    for target in plan.targets:
        if isinstance(target, EndpointPlan | FunctionPlan):
            return target.own_model
    section = plan.suite.rag
    if section is None:
        return ""
    kind = section.retriever.kind
    if kind not in OWN_RETRIEVERS:
        return f"retriever of kind {kind}"
    if section.reranker.kind not in OWN_RERANKERS:
        return f"reranker of kind {section.reranker.kind}"
    encoder = str(section.dense.get("model", ""))
    profile = workspace.settings.models.get(encoder)
    if kind in ("dense", "hybrid") and (profile is not None or encoder.startswith("openai/")):
        return f"encoder {encoder}"
    return ""


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a file's lock; the system lets go of it when the process dies."""
    try:
        file = path.open("w")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
