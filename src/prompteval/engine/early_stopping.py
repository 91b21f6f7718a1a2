"""How the jobs of a run may stop early."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from prompteval.analysis.baselines.file import read_baseline
from prompteval.analysis.comparison.gate_rules import GatedEntry
from prompteval.analysis.early.baseline_differences import BaselinePair
from prompteval.analysis.early.case_order import order_cases
from prompteval.analysis.early.decide import EarlyStopping
from prompteval.analysis.early.gate_quantities import gate_quantities, is_test, obstacle
from prompteval.core.stored import EntryKey, StoredEntry, SuiteFacts
from prompteval.plan.jobs import Job
from prompteval.plan.score_marks import score_turns
from prompteval.stats.gate import ThresholdRule
from prompteval.stats.sequential import Method
from prompteval.stats.sequential.decide import SequentialDesign
from prompteval.store.protocol import ResultsStore
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import WorkingTree


def plan_early(
    jobs: Sequence[Job],
    method: Method,
    workspace: Workspace,
    store: ResultsStore,
    run_id: str,
    made_from: Mapping[str, Any],
) -> list[EarlyStopping]:
    """How each job of a run may stop, in the same order; the tests of all of them share one alpha.

    `made_from` is the run's manifest. Raises InvalidInput for a baseline that cannot be read.
    """
    found = []
    for job in jobs:
        side = _gated(job, workspace, store, run_id, made_from["suites"][job.plan.suite.name])
        tags = {gate.rule.tag for gate in job.plan.gates if isinstance(gate.rule, ThresholdRule)}
        order = order_cases(job, SequentialDesign(method), frozenset(tag for tag in tags if tag is not None))
        early = EarlyStopping(job, order, SequentialDesign(method), BaselinePair(side))
        early.obstacle = _obstacle(early)
        if not early.obstacle:
            early.quantities = tuple(gate_quantities(job, order))
        found.append(early)
    tests = sum(is_test(early.job.plan.gates[q.gate]) for early in found for q in early.quantities)
    for early in found:
        early.design = replace(early.design, tests=max(tests, 1))
    return found


def _gated(job: Job, workspace: Workspace, store: ResultsStore, run_id: str, facts: SuiteFacts) -> GatedEntry:
    """A job's entry, whose rows are those stored so far, and its baseline where a rule needs one."""
    name, reference, model = job.plan.suite.name, job.target.reference, job.model

    key = EntryKey(run_id, name, reference, model)
    entry = StoredEntry(
        run_id, name, reference, job.target.fingerprint, model, facts, partial(store.entry_rows, key)
    )
    compares = any(gate.compares for gate in job.plan.gates)
    baseline = read_baseline(WorkingTree(workspace.root), name) if compares else []
    return GatedEntry(entry, job.plan.gates, baseline, ())


def _obstacle(early: EarlyStopping) -> str:
    """Why a job must run whole; the first reason of the first gate that has one."""
    job, order = early.job, early.order
    if job.target.reference in job.plan.rivals:
        return "it runs to be compared with"
    if not job.plan.gates:
        return "no gate is set"
    if "all" in score_turns(job.plan).values():
        return "the turns of a conversation are not independent of each other"
    for gate in job.plan.gates:
        reason = obstacle(gate, order, early.design.method)
        if gate.compares and not reason:
            reason = early.baseline.obstacle(gate, lambda: {case.id for case, _ in job.work()})
        if reason:
            return reason
    return ""
