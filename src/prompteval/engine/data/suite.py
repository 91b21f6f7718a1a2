"""The cheap checks of data that `check` makes of every suite."""

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.problem import Problem
from prompteval.data.findings import Findings
from prompteval.data.rows import DataRow, Fields, data_row, read_raw
from prompteval.data.sides import check_conflicts, check_duplicates
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
    rows = _rows(workspace, suite)
    check_conflicts(rows, findings)
    if len({row.split for row in rows}) > 1:
        check_duplicates(rows, None, findings)
    return [problem for problem in findings.problems() if problem.code in _WANTED]


def _rows(workspace: Workspace, suite: Suite) -> list[DataRow]:
    """The rows of a suite's files and of the suite itself; those of what cannot be read are left out."""
    rows: list[DataRow] = []
    for source in suite.cases:
        if source.path is None:
            places = zip(source.inline, source.places, strict=True)
            given = [(line, raw) for raw, (line, _) in places if isinstance(raw, dict)]
            rows += [data_row(raw, suite.path, line, Fields()) for line, raw in given]
            continue
        try:
            read = list(read_raw(workspace.root / source.path, source.path))
        except (InvalidInput, UsageError):  # said by the scan of the cases
            continue
        rows += [data_row(raw, source.path, line, Fields()) for line, raw in read]
    return rows
