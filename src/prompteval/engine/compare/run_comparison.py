"""`run --against REF`: what a run is compared with, looked at before the run begins."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from prompteval.analysis.comparison.options import CompareOptions
from prompteval.analysis.comparison.rules import check_plans
from prompteval.core.errors import NothingSelected, UsageError
from prompteval.engine.before_run import refuse_unready_side
from prompteval.engine.compare.compare import comparison, stored_side
from prompteval.engine.compare.live import plan_side
from prompteval.engine.compare.sides import Side, parse_side
from prompteval.engine.progress import Progress
from prompteval.plan.jobs import Job, plans_of
from prompteval.plan.run_options import RunOptions
from prompteval.report.comparison.view import ComparisonView
from prompteval.report.view import RunView
from prompteval.workspace.discovery import suite_name
from prompteval.workspace.settings import Workspace


class RunComparison:
    """The other side of a run's comparison, as it was when the run began."""

    def __init__(self, workspace: Workspace, text: str, ran: RunOptions) -> None:
        self._workspace = workspace
        self._side = parse_side(text)
        self._ran = ran

    def check(self, jobs: Sequence[Job]) -> None:
        """Raise what the comparison would, before these jobs are run: nothing is paid for it to fail.

        A run is known by its id from here on: `last` is the one before, not the one that begins.
        """
        plans = plans_of(jobs)
        names = [plan.suite.name for plan in plans]
        options = self._options(names)
        check_plans(plans, options)
        if self._side.is_live:
            if self._ran.record is not None:
                message = f"--record with --against {self._side}, which is run too: one file cannot hold both"
                raise UsageError(message, "record first, then compare with --replay")
            models = self._ran.models
            live = plan_side(self._workspace, self._side, Side("run"), options.suites, models)
            refuse_unready_side(self._workspace, live.plans.values(), self._running())
            return
        self._side, entries = stored_side(self._workspace, self._side, options)
        alone = len(entries) == len(jobs) == 1
        if not alone and not {entry.suite for entry in entries} & set(names):
            raise NothingSelected(f"--against {self._side} has no suite of this run")

    @contextmanager
    def comparison(self, view: RunView, progress: Progress) -> Iterator[ComparisonView]:
        """The comparison of the run that has ended; raises as `comparison` does."""
        options = self._options([result.suite for result in view.results])
        side = Side("run", view.run_id)
        with comparison(self._workspace, self._side, side, options, self._running(), progress) as found:
            yield found

    def _options(self, compared: Sequence[str]) -> CompareOptions:
        """Only what the run selected is compared; without a selection, every suite of either side."""
        ran = self._ran
        chosen = [path for path in ran.suites if suite_name(path) in compared]
        if not ran.suites and (ran.prompts or ran.selection.narrows):
            chosen = sorted(set(compared))
        return CompareOptions(suites=tuple(chosen), inconclusive_fails=ran.inconclusive_fails)

    def _running(self) -> RunOptions:
        """As the run itself, but for what only it was asked to select, to resume and to write."""
        return replace(self._ran, suites=(), prompts=(), resume=None, record=None, inconclusive_fails=False)
