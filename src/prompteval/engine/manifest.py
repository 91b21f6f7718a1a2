"""What a run was made from: enough to say whether two runs may be compared."""

from collections.abc import Mapping, Sequence
from typing import Any

from prompteval._version import __version__
from prompteval.engine.plan import SuitePlan
from prompteval.workspace.git import head_and_dirty
from prompteval.workspace.settings import Workspace


def manifest(
    workspace: Workspace,
    plans: Sequence[SuitePlan],
    entries: Sequence[tuple[str, str, str]],
    options: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Fingerprints of cases, prompts and scorers of every suite, and the state of git.

    `options` are what selected the cases; with them the run can be resumed.
    """
    return {
        "prompteval": __version__,
        "entries": [list(entry) for entry in entries],
        "suites": {
            plan.suite.name: {
                "path": plan.suite.path,
                "cases": plan.facts.fingerprint,
                "targets": {target.reference: target.fingerprint for target in plan.targets},
                "scorers": [[spec.kind, spec.name, dict(spec.options)] for spec in plan.suite.scorers],
                "metrics": [measure.text for measure in plan.measures],
                "gate": [str(gate.rule) for gate in plan.gates],
                "split": list(plan.suite.split),
            }
            for plan in plans
        },
        "options": options,
        "git": git_state(workspace),
    }


def git_state(workspace: Workspace) -> dict[str, Any] | None:
    """The commit and whether tracked files differ from it; None outside git."""
    found = head_and_dirty(workspace.root)
    return None if found is None else {"commit": found[0], "dirty": found[1]}
