"""The end of a run: its numbers, its verdict, and what is stored of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from prompteval.analysis.comparison.gate_rules import decide_comparing_rules
from prompteval.analysis.judges.standing import held_back, standings
from prompteval.analysis.run_verdict import left_open, run_verdict, shard_verdict
from prompteval.core.errors import StoreError
from prompteval.core.exit_codes import INCOMPLETE, INTERRUPTED, deciding
from prompteval.core.verdict import Verdict
from prompteval.engine.gated_results import gated_results
from prompteval.engine.interruption import Stop
from prompteval.engine.job_results import JobResults
from prompteval.engine.run_state import RunningJob, RunState
from prompteval.engine.stored import kept_exchanges, run_facts, stored_rows, thumbnails
from prompteval.report.result_view import ResultView
from prompteval.report.view import RunView


class RunEnding:
    """Decides one run; `hint` says how one that is incomplete continues."""

    def __init__(self, run: RunState, results: JobResults, hint: str) -> None:
        self._run = run
        self._results = results
        self._hint = hint

    def ended(self, running: Sequence[RunningJob], stop: Stop, lacking: str = "") -> RunView:
        """The numbers and the verdict of what is stored, which end the run."""
        results = [_with_shards(self._results.of(e.job, e.usage, e.early, e.wall_s), e) for e in running]
        results = self._compare(results, running)
        results = self._held_back(results, running)
        view = self._decide(results, stop, lacking)
        try:
            self._close(view)
        except StoreError as error:
            view = not_kept(view, error)
        return view

    def _close(self, view: RunView) -> None:
        self._run.files.close_batches(remove=view.verdict is not Verdict.INCOMPLETE)
        self._run.store.finish_run(
            self._run.run_id, view.verdict.value, view.exit_code, view.as_json(), now()
        )

    def _compare(self, results: list[ResultView], running: Sequence[RunningJob]) -> list[ResultView]:
        """The results with the rules decided that compare: with a baseline or another version.

        What --stop-early has settled stays settled.
        """
        jobs = [entry.job for entry in running]
        if self._run.options.shard is not None or not any(
            gate.compares for job in jobs for gate in job.plan.gates
        ):
            return results
        record = self._run.store.run(self._run.run_id)
        asked = [(job.plan, job.target.reference) for job in jobs]
        compared = decide_comparing_rules(
            results, gated_results(self._run.workspace, self._run.store, record, results, asked)
        )
        return [
            result if entry.early is None else replace(result, gates=entry.early.gates(result.gates))
            for result, entry in zip(compared, running, strict=True)
        ]

    def _held_back(self, results: list[ResultView], running: Sequence[RunningJob]) -> list[ResultView]:
        """The results with rules that rest on a judge which may not decide left open."""
        found = {id(entry.job.plan): standings(entry.job.plan) for entry in running}
        plans = [entry.job.plan for entry in running]
        return [held_back(result, plan, found[id(plan)]) for result, plan in zip(results, plans, strict=True)]

    def _decide(self, results: list[ResultView], stop: Stop, lacking: str) -> RunView:
        strict, shard = self._run.options.strict_model, self._run.options.shard
        doubt = self._run.options.inconclusive_fails and shard is None
        if shard is not None:
            results = [replace(result, gates=()) for result in results]
            found = shard_verdict(results, str(shard), stopped=stop.reason, interrupted=stop.interrupted)
        else:
            found = run_verdict(
                results,
                stopped=stop.reason,
                interrupted=stop.interrupted,
                strict_model=strict,
                lacking=lacking,
            )
        results = [left_open(result) for result in results]
        code = INTERRUPTED if stop.interrupted else found.verdict.exit_code(inconclusive_fails=doubt)
        reason = f"{found.reason}; {self._hint}" if found.can_continue else found.reason
        record = self._run.store.run(self._run.run_id)
        return RunView(
            run_id=self._run.run_id,
            verdict=found.verdict,
            exit_code=code,
            reason=reason,
            results=tuple(results),
            rows=partial(stored_rows, self._run.workspace, self._run.run_id),
            facts=run_facts(record.manifest, record.started),
            exchanges=partial(kept_exchanges, self._run.workspace),
            thumbnails=thumbnails(self._run.workspace).data_url,
            stopped=stop.reason,
        )


def _with_shards(result: ResultView, entry: RunningJob) -> ResultView:
    """The result with what each shard used, where it is of shards."""
    if entry.shards is None:
        return result
    return replace(result, usage={**result.usage, "shards": entry.shards.as_json()})


def not_kept(view: RunView, error: Exception) -> RunView:
    """A run that has ended, and of which something could not be written: known in full, and incomplete."""
    code = deciding((view.exit_code, INCOMPLETE))
    reason = f"{error}; before that: {view.verdict.value}: {view.reason}"
    return replace(view, verdict=Verdict.INCOMPLETE, exit_code=code, reason=reason)


def now() -> str:
    """The time in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
