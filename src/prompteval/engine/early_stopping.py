"""How the jobs of a run may stop early."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from prompteval.analysis.baselines.file import read_baseline
from prompteval.analysis.comparison.gate_rules import Gated
from prompteval.analysis.early.against_baseline import Against
from prompteval.analysis.early.case_order import make_order
from prompteval.analysis.early.decide import Early
from prompteval.analysis.early.questions import is_test, obstacle, questions
from prompteval.core.stored import EntryKey, StoredEntry, SuiteFacts
from prompteval.plan.jobs import Job
from prompteval.stats.gate import GateRule
from prompteval.stats.sequential import Method
from prompteval.stats.sequential.settle import Way
from prompteval.store.results import SqliteStore
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import WorkingTree


def plan_early(
    jobs: Sequence[Job],
    method: Method,
    workspace: Workspace,
    store: SqliteStore,
    run_id: str,
    made_from: Mapping[str, Any],
) -> list[Early]:
    """How each job of a run may stop, in the same order; the tests of all of them share one alpha.

    `made_from` is the run's manifest. Raises InvalidInput for a baseline that cannot be read.
    """
    found = []
    for job in jobs:
        side = _gated(job, workspace, store, run_id, made_from["suites"][job.plan.suite.name])
        tags = {gate.rule.tag for gate in job.plan.gates if isinstance(gate.rule, GateRule)}
        order = make_order(job, Way(method), frozenset(tag for tag in tags if tag is not None))
        early = Early(job, order, Way(method), Against(side))
        early.obstacle = _obstacle(early)
        if not early.obstacle:
            early.questions = tuple(questions(job, order))
        found.append(early)
    tests = sum(is_test(early.job.plan.gates[q.gate]) for early in found for q in early.questions)
    for early in found:
        early.way = replace(early.way, tests=max(tests, 1))
    return found


def _gated(job: Job, workspace: Workspace, store: SqliteStore, run_id: str, facts: SuiteFacts) -> Gated:
    """A job's entry, whose rows are those stored so far, and its baseline where a rule needs one."""
    name, reference, model = job.plan.suite.name, job.target.reference, job.model

    key = EntryKey(run_id, name, reference, model)
    entry = StoredEntry(
        run_id, name, reference, job.target.fingerprint, model, facts, partial(store.entry_rows, key)
    )
    compares = any(gate.compares for gate in job.plan.gates)
    baseline = read_baseline(WorkingTree(workspace.root), name) if compares else []
    return Gated(entry, job.plan.gates, baseline, ())


def _obstacle(early: Early) -> str:
    """Why a job must run whole; the first reason of the first gate that has one."""
    job, order = early.job, early.order
    if job.target.reference in job.plan.rivals:
        return "it runs to be compared with"
    if not job.plan.gates:
        return "no gate is set"
    for gate in job.plan.gates:
        told = obstacle(gate, order, early.way.method)
        if gate.compares and not told:
            told = early.against.obstacle(gate, lambda: {case.id for case, _ in job.work()})
        if told:
            return told
    return ""
