"""A stored run under the gate of today's suites: decided again from its rows, without a model call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from prompteval.analysis.columns.entry_columns import EntryColumns, build_columns
from prompteval.analysis.comparison.gate_rules import decide_comparing_rules
from prompteval.analysis.judges.calibrated import labelled_rows
from prompteval.analysis.judges.standing import held_back, standings
from prompteval.analysis.run_verdict import left_open, run_verdict
from prompteval.analysis.summary import decide_gates, metric_estimates, needs, slice_estimates
from prompteval.core.errors import UsageError
from prompteval.core.stored import EntryKey, RowFields
from prompteval.engine.gated_results import gated_results
from prompteval.engine.stored import ended, reading
from prompteval.plan.manifest import suite_manifest
from prompteval.plan.measures import reads_target
from prompteval.plan.run_options import shard_of
from prompteval.plan.suite_plan import SuitePlan, plan_suite
from prompteval.report.result_view import ResultView
from prompteval.report.view import RunView
from prompteval.store.protocol import ResultsStore
from prompteval.store.records import RunRecord
from prompteval.workspace.settings import Workspace


def regate(workspace: Workspace, name: str, *, inconclusive_fails: bool = False) -> RunView:
    """The view of a stored run, its metrics and gates as the suites say now. The run itself stays.

    What --strict-model asked of the run still holds. A scorer or case file that has changed since is
    reported in a note: the stored scores count.
    Raises UsageError for a run that is unknown or did not end, or whose scores a gate would need and
    that has none, InvalidInput for what is wrong in a suite.
    """
    with reading(workspace) as store:
        record, view = ended(workspace, store, name)
        if shard := shard_of(record.manifest.get("options")):
            message = f"run {record.run_id} is shard {shard} of a run, and decides no gate"
            raise UsageError(message, "`prompteval runs merge` joins the shards and decides")
        plans = {suite: _plan(workspace, record, suite) for suite in record.manifest["suites"]}
        results = [_decided(store, record, result, plans[result.suite]) for result in view.results]
        asked = [(plans[result.suite], result.prompt) for result in results]
        results = decide_comparing_rules(results, gated_results(workspace, store, record, results, asked))
        results = [
            held_back(result, plan, standings(plan)) for result, (plan, _) in zip(results, asked, strict=True)
        ]
    strict = bool((record.manifest.get("options") or {}).get("strict_model"))
    found = run_verdict(results, strict_model=strict)
    results = [left_open(result) for result in results]
    code = found.verdict.exit_code(inconclusive_fails=inconclusive_fails)
    return RunView(record.run_id, found.verdict, code, found.reason, tuple(results), view.rows)


def _plan(workspace: Workspace, record: RunRecord, suite: str) -> SuitePlan:
    path = record.manifest["suites"][suite]["path"]
    if not (workspace.root / path).is_file():
        raise UsageError(f"run {record.run_id} has the suite {path}, which no longer exists", "restore it")
    plan = plan_suite(workspace, path)
    facts = record.manifest["suites"][suite]
    stored = {name for _, name, _ in facts["scorers"]} | set(facts.get("fields", ()))
    lacking = [gate for gate in plan.gates if gate.measure and gate.measure.scorer not in {*stored, ""}]
    if lacking:
        message = f"{path}: {lacking[0].rule} reads a scorer that run {record.run_id} did not have"
        raise UsageError(message, "run the suite again")
    return plan


def _decided(store: ResultsStore, record: RunRecord, result: ResultView, plan: SuitePlan) -> ResultView:
    columns = _columns(store, record, result, plan)
    estimates, slices = metric_estimates(plan, columns), slice_estimates(plan, columns)
    known = (
        ()
        if result.prompt in plan.rivals
        else decide_gates(plan, columns, estimates, slices, result.cases["total"], result.usage["cost_usd"])
    )
    notes = (*result.notes, *_changed(record.manifest["suites"][result.suite], suite_manifest(plan)))
    return replace(
        result,
        metrics=estimates,
        slices=slices,
        gates=known,
        notes=notes,
        allow_unscored=plan.suite.allow_unscored,
        unserved=columns.unserved,
    )


def _columns(store: ResultsStore, record: RunRecord, result: ResultView, plan: SuitePlan) -> EntryColumns:
    wanted = needs(plan)
    key = EntryKey(record.run_id, result.suite, result.prompt, result.model)
    names, tags = [scorer.name for scorer in plan.scorers], [named.text for named in plan.suite.slices]
    return build_columns(
        labelled_rows(
            store.entry_rows(key, RowFields(reported=reads_target(wanted))),
            plan.judge_files,
            result.prompt,
            result.model,
        ),
        names,
        tags,
        keep_ids=True,
        exclude_errors=plan.suite.on_error == "exclude",
        needs=wanted,
    )


def _changed(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    names = {"cases": "the case files", "scorers": "the scorers"}
    return [
        f"{what} changed since the run; what was stored then counts"
        for key, what in names.items()
        if before.get(key) != after.get(key)
    ]
