"""The cheap checks of data that `check` makes of every suite."""

from prompteval.core.problem import Problem
from prompteval.data.findings import Findings
from prompteval.data.sides import check_conflicts, check_duplicates
from prompteval.engine.data.seen import suite_rows
from prompteval.workspace.settings import Workspace
from prompteval.workspace.suite import Suite

# A larger suite is for `data check`: the texts are held in memory.
MOST_CASES = 50_000
# What is wrong for any metric. The rest is reported by `data check` alone.
_WANTED = frozenset({"PD102", "PD111"})


def data_problems(workspace: Workspace, suite: Suite, total: int) -> list[Problem]:
    """Equal cases on two sides, labels in conflict; nothing of over MOST_CASES cases."""
    if total > MOST_CASES:
        return []
    findings = Findings()
    rows = list(suite_rows(workspace, suite))
    check_conflicts(rows, findings)
    if len({row.split for row in rows}) > 1:
        check_duplicates(rows, None, findings)
    return [problem for problem in findings.problems() if problem.code in _WANTED]
