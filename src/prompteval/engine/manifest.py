"""What a run was made from: enough to say whether two runs may be compared."""

import subprocess
from collections.abc import Sequence
from typing import Any

from prompteval._version import __version__
from prompteval.engine.plan import SuitePlan
from prompteval.workspace.settings import Workspace


def manifest(
    workspace: Workspace, plans: Sequence[SuitePlan], entries: Sequence[tuple[str, str, str]]
) -> dict[str, Any]:
    """Fingerprints of cases, prompts and scorers of every suite, and the state of git."""
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
        "git": git_state(workspace),
    }


def git_state(workspace: Workspace) -> dict[str, Any] | None:
    """The commit and whether tracked files differ from it; None outside git."""
    command = ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]
    try:
        head = subprocess.run(
            [*command, "rev-parse", "HEAD"], cwd=workspace.root, capture_output=True, text=True, check=False
        )
        status = subprocess.run(
            [*command, "status", "--porcelain", "--untracked-files=no"],
            cwd=workspace.root,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return None
    if head.returncode != 0:
        return None
    return {"commit": head.stdout.strip(), "dirty": bool(status.stdout.strip())}
