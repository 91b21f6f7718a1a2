"""From the stored rows of a job to its result: numbers, gates, what was used, what else to know."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from prompteval.analysis.columns.entry_columns import EntryColumns, build_columns
from prompteval.analysis.columns.reported import Need
from prompteval.analysis.early.decide import EarlyStopping
from prompteval.analysis.judges.calibrated import labelled_rows
from prompteval.analysis.precision_recall import curve_labels, curve_needs, precision_recall_curves
from prompteval.analysis.summary import (
    breakdowns,
    decide_gates,
    latency,
    metric_estimates,
    needs,
    numbers,
    reference_estimates,
    reliability_tables,
    slice_estimates,
)
from prompteval.analysis.usage import UsageTotals
from prompteval.core.observation import CaseVerdict
from prompteval.core.stored import EntryKey, RowFields
from prompteval.core.text import counted
from prompteval.core.verdict import Estimate, GateResult, Verdict
from prompteval.metrics.stage_names import ATTRIBUTION
from prompteval.plan.case_scan import alias_of
from prompteval.plan.jobs import Job
from prompteval.plan.measures import fields_read, reads_target
from prompteval.plan.run_options import RunOptions
from prompteval.plan.suite_plan import SuitePlan
from prompteval.plan.targets.outputs import OutputsPlan
from prompteval.report.rag_view import RagView
from prompteval.report.result_view import ResultView
from prompteval.report.threshold_view import PrecisionRecallCurve
from prompteval.store.protocol import ResultsStore

FAILURES_SHOWN = 3
KINDS_COUNTED = 1_000
# Of a corrected metric: values of a tag whose labels are counted in a note; the others are in the JSON.
SLICES_NOTED = 6
Slices = Mapping[str, Mapping[str, Mapping[str, Estimate]]]


class JobResults:
    """The results of one run's jobs."""

    def __init__(self, store: ResultsStore, run_id: str, options: RunOptions) -> None:
        self._store = store
        self._id = run_id
        self._options = options

    def columns(
        self,
        job: Job,
        early: EarlyStopping | None,
        portions: int,
        *,
        without_errors: bool = False,
        wanted: Mapping[Need, str] | None = None,
    ) -> EntryColumns:
        """What is stored of a job, or of so many portions of it; `without_errors` leaves failed cases out.

        `wanted` is what is read beside scores, that of the suite's metrics where it is None.
        """
        plan, suite = job.plan, job.plan.suite
        wanted = needs(plan) if wanted is None else wanted
        stored = self._store.entry_rows(self._key(job), RowFields(reported=reads_target(wanted)))
        if early is not None:
            stored = early.within(stored, portions)
        if any(measure.spec.kind == "corrected" for measure in numbers(plan)):
            stored = labelled_rows(stored, plan.judge_files, job.target.reference, job.model)
        return build_columns(
            stored,
            [scorer.name for scorer in plan.scorers],
            [named.text for named in suite.slices],
            keep_ids=early is not None or any(named.text == "random" for named in suite.references),
            exclude_errors=without_errors or suite.on_error == "exclude",
            needs=wanted,
            repeats=job.repeats,
        )

    def of(self, job: Job, usage: UsageTotals, early: EarlyStopping | None, wall_s: float) -> ResultView:
        """The result of a job that has ended, in any way."""
        plan, suite = job.plan, job.plan.suite
        unseen = self._store.unseen_attempts(self._id)
        usage.possibly_billed += unseen.get((suite.name, job.target.reference, job.model), 0)
        columns = self.columns(job, early, early.portions_kept if early is not None else 0)
        estimates = metric_estimates(plan, columns)
        slices = slice_estimates(plan, columns)
        lines, confusion = breakdowns(plan, columns)
        gates: tuple[GateResult, ...] = ()
        if job.target.reference not in plan.rivals:
            gates = decide_gates(plan, columns, estimates, slices, job.selected, usage.cost_usd)
        if columns.outcomes["error"] and early is None:
            gates = self._also_without_errors(job, gates, usage.cost_usd)
        pipeline = self._pipeline(job) if any(one.name == ATTRIBUTION for one in plan.scorers) else None
        return ResultView(
            suite=suite.name,
            prompt=job.target.reference,
            fingerprint=job.target.fingerprint,
            model=job.model,
            alias=alias_of(job.target),
            cases=_case_counts(job, columns),
            metrics=estimates,
            slices=slices,
            references=reference_estimates(plan, columns),
            gates=gates if early is None else early.gates(gates),
            usage=usage.as_json(),
            timing={"wall_s": round(wall_s, 3), "latency_ms": latency(columns)},
            per_class=lines,
            confusion=confusion,
            reliability=reliability_tables(plan, columns),
            precision_recall=tuple(self._curves(job, early, columns)),
            flaky=tuple(columns.flaky),
            notes=(
                *self._notes(job, usage, early, columns, pipeline),
                *_label_notes(plan, estimates, slices),
            ),
            errors_excluded=suite.on_error == "exclude",
            stop_early=early.as_json() if early is not None else {},
            rag=pipeline,
            other_models=tuple(sorted(usage.other_models)),
            allow_unscored=suite.allow_unscored,
            unscored_reason=columns.unscored_reason,
            unserved=columns.unserved,
            error_kinds=self._error_kinds(job) if columns.outcomes["error"] else {},
        )

    def _curves(
        self, job: Job, early: EarlyStopping | None, columns: EntryColumns
    ) -> Iterator[PrecisionRecallCurve]:
        """Those of classes whose confidence the suite measures; the rows are read again, since only now are
        the classes known."""
        labels = curve_labels(columns)
        wanted = curve_needs(labels, fields_read(job.plan.scorers))
        if wanted:
            portions = early.portions_kept if early is not None else 0
            yield from precision_recall_curves(labels, self.columns(job, early, portions, wanted=wanted))

    def _also_without_errors(
        self, job: Job, gates: tuple[GateResult, ...], cost_usd: float | None
    ) -> tuple[GateResult, ...]:
        """The rules with what they say of the cases that ended without an error."""
        columns = self.columns(job, None, 0, without_errors=True)
        left = job.selected - columns.outcomes.pop("error")
        estimates, slices = metric_estimates(job.plan, columns), slice_estimates(job.plan, columns)
        others = decide_gates(job.plan, columns, estimates, slices, left, cost_usd) if gates else ()
        return tuple(
            gate if rule.compares else replace(gate, without_errors=_open_or_decided(other))
            for gate, other, rule in zip(gates, others, job.plan.gates, strict=bool(gates))
        )

    def _error_kinds(self, job: Job) -> dict[str, int]:
        return {one.kind: one.cases for one in self._store.failures(self._key(job), KINDS_COUNTED)}

    def _notes(
        self,
        job: Job,
        usage: UsageTotals,
        early: EarlyStopping | None,
        columns: EntryColumns,
        pipeline: RagView | None,
    ) -> Iterator[str]:
        """What a reader of the numbers must know, one sentence each."""
        plan, suite = job.plan, job.plan.suite
        if early is not None:
            yield early.note()
        if pipeline is not None:
            yield from () if plan.rag is None else plan.rag.notes()
            yield from _tie_notes(pipeline.tie_sensitive)
        if suite.on_error == "exclude":
            yield f"on_error: exclude left {columns.outcomes['error']} failed cases out"
        wanted = self._options.repeat or suite.repeat
        if isinstance(job.target, OutputsPlan) and wanted > 1 and wanted != job.target.replicates:
            times = "once" if job.target.replicates == 1 else f"{job.target.replicates} times"
            yield f"recorded outputs are read as often as they were recorded: {times}"
        if columns.outcomes["error"]:
            yield from self._failures(job)
        if columns.unusable:
            parts = [f"{count} {kind}" for kind, count in sorted(columns.unusable.items())]
            yield f"unusable outputs: {', '.join(parts)}"
        if usage.estimated:
            yield "≈: the server reported no token counts, or impossible ones, for some calls; counted here"
        if usage.other_models:
            yield f"the server answered with another model: {', '.join(sorted(usage.other_models))}"

    def _pipeline(self, job: Job) -> RagView:
        """What the stages of a retrieval pipeline did."""
        from prompteval.analysis.failure_reasons import rag_view

        return rag_view(self._store.entry_rows(self._key(job), RowFields()))

    def _failures(self, job: Job) -> list[str]:
        """Why cases ended in an error: each of the most frequent kinds with its first message."""
        return [
            f"{counted(one.cases, 'error')} ({one.kind}), such as: {' '.join(one.message.split())[:300]}"
            for one in self._store.failures(self._key(job), FAILURES_SHOWN)
        ]

    def _key(self, job: Job) -> EntryKey:
        return EntryKey(self._id, job.plan.suite.name, job.target.reference, job.model)


def _case_counts(job: Job, columns: EntryColumns) -> dict[str, int]:
    """Cases by outcome and by verdict, as `cases` of a result has them."""
    outcomes, verdicts = columns.outcomes, columns.verdicts
    return {
        "total": job.selected,
        "scored": outcomes["ok"],
        "errors": outcomes["error"],
        "invalid": outcomes["invalid"],
        "skipped": job.selected - outcomes.total(),
        "passed": verdicts[CaseVerdict.PASS],
        "failed": verdicts[CaseVerdict.FAIL],
        "unscored": verdicts[CaseVerdict.UNSCORED],
    }


def _label_notes(plan: SuitePlan, estimates: Mapping[str, Estimate], slices: Slices) -> Iterator[str]:
    """On how many labels each corrected metric rests, in all and by slice, and what more of them would do."""
    for measure in plan.measures:
        found = estimates.get(measure.text)
        if measure.spec.kind != "corrected" or found is None:
            continue
        yield f"{measure.text}: {found.note or found.reason}"
        for tag, values in slices.items():
            noted = [
                f"{value}: {one.note}"
                for value, metrics in values.items()
                if (one := metrics.get(measure.text)) is not None and one.value is not None and one.note
            ]
            more = f"; and {len(noted) - SLICES_NOTED} more" if len(noted) > SLICES_NOTED else ""
            if noted:
                yield f"{measure.text} by {tag}: {'; '.join(noted[:SLICES_NOTED])}{more}"


def _tie_notes(questions: int) -> Iterator[str]:
    """What tied candidates do to the ranking metrics of some questions."""
    if questions:
        yield f"the order of tied candidates changes a ranking metric of {questions} questions"


def _open_or_decided(gate: GateResult) -> Verdict:
    """A rule without a value has nothing to stand on: it is open, not failed."""
    return Verdict.INCONCLUSIVE if gate.observed is None else gate.verdict
