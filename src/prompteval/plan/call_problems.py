"""Scorers of tool calls over a system that does not say which calls it made."""

from collections.abc import Sequence

from prompteval.core.problem import Problem
from prompteval.plan.targets.base import TargetPlan
from prompteval.plan.targets.outputs import CALLS, OutputsPlan
from prompteval.workspace.suite import Suite

SCORER = "tool_calls"


def call_problems(suite: Suite, targets: Sequence[TargetPlan]) -> list[Problem]:
    """Each such scorer of the suite, at its place, with the key that is missing."""
    fault, help = _fault(suite, targets)
    if not fault:
        return []
    return [
        Problem(suite.path, spec.line, spec.col, "PE277", f"{spec.name} reads {fault}", help)
        for spec in suite.scorers
        if spec.kind == SCORER
    ]


def _fault(suite: Suite, targets: Sequence[TargetPlan]) -> tuple[str, str]:
    wanted = " or ".join(f"'{key}'" for key in sorted(CALLS, reverse=True))
    for target in targets:
        if isinstance(target, OutputsPlan) and not target.carried & CALLS:
            return f"{wanted}, and no row of {target.path} has it", "add the key, or use `map:`"
    if suite.target.kind == "endpoint" and not (suite.result or suite.map):
        fault = "results, and the answers of the endpoint are bare outputs"
        return fault, "add `result: true`, or `map:` for another shape"
    return "", ""
