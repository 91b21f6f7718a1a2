"""The results of a stored run with what their gates set them against: baselines and rivals."""

from collections.abc import Sequence

from prompteval.analysis.baselines.file import read_baseline
from prompteval.analysis.comparison.gate_rules import GatedEntry, needs_baseline
from prompteval.engine.labelled_entries import labelled
from prompteval.engine.stored_entries import stored_entries
from prompteval.plan.run_options import narrowed
from prompteval.plan.suite_plan import SuitePlan
from prompteval.report.result_view import ResultView
from prompteval.store.protocol import ResultsStore
from prompteval.store.records import RunRecord
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import WorkingTree


def gated_results(
    workspace: Workspace,
    store: ResultsStore,
    record: RunRecord,
    results: Sequence[ResultView],
    jobs: Sequence[tuple[SuitePlan, str]],
) -> list[GatedEntry]:
    """Every result of a run with its gate; `jobs` has the suite and the target's reference of each."""
    entries = stored_entries(store, record, results)
    tree = WorkingTree(workspace.root)
    found = []
    entries = [labelled(one, plan.judge_files) for one, (plan, _) in zip(entries, jobs, strict=True)]
    for entry, result, (plan, reference) in zip(entries, results, jobs, strict=True):
        gates = () if reference in plan.rivals else plan.gates
        baseline = read_baseline(tree, entry.suite) if any(map(needs_baseline, gates)) else []
        rivals = [other for other in entries if other.suite == entry.suite]
        found.append(
            GatedEntry(
                entry, gates, baseline, rivals, narrowed(record.manifest.get("options")) or result.saved > 0
            )
        )
    return found
