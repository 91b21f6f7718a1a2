"""Cases that a transform of a suite's models was fitted on: what is measured on them is known beforehand."""

from collections.abc import Iterator, Sequence

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.problem import Problem
from prompteval.data.findings import Findings, named
from prompteval.data.fitted import TEST, hashes
from prompteval.data.rows import DataRow, Fields, data_row, read_raw
from prompteval.engine.data.transform import SEEN_HELP
from prompteval.plan.judges import judges_of
from prompteval.plan.suite_plan import SuitePlan
from prompteval.plan.targets.resolve import user_of
from prompteval.providers.local.learned import profile_transforms
from prompteval.transforms.fitted import Fitted
from prompteval.workspace.settings import Workspace
from prompteval.workspace.suite import Suite


def models_of(plan: SuitePlan) -> list[str]:
    """The models that a suite asks: those that are evaluated, those of its judges, and its user's."""
    users = (user_of(target) for target in plan.targets)
    judges = (judge.loaded for judge in judges_of(plan.scorers))
    asked = [
        *plan.models,
        *(user.model for user in users if user is not None),
        *(loaded.model for loaded in judges if loaded is not None),
    ]
    return list(dict.fromkeys(asked))


def seen_problems(workspace: Workspace, suite: Suite, models: Sequence[str]) -> list[Problem]:
    """PD119 at each test row that a transform in a profile of these models was fitted on.

    A row without a side counts as one where the suite takes every row. A row is known by its text, and by
    its id where it has none: other case files may have the same ids.
    """
    transforms = _transforms(workspace, models)
    if not transforms:
        return []
    findings = Findings()
    tested = {TEST} if suite.split else {TEST, ""}
    for row in suite_rows(workspace, suite):
        marks = hashes(row)[-1:] if row.split in tested else []
        for path, fitted in transforms if marks else ():
            if fitted.has_seen(marks):
                findings.add(row, "PD119", f"{path} was fitted on test row {named(row)}", SEEN_HELP)
    return list(findings.problems())


def suite_rows(workspace: Workspace, suite: Suite) -> Iterator[DataRow]:
    """The rows of a suite's files and of the suite itself; those of what cannot be read are left out."""
    for source in suite.cases:
        if source.path is None:
            for index, raw in enumerate(source.inline):
                if isinstance(raw, dict):
                    yield data_row(raw, suite.path, source.place(index)[0], Fields())
            continue
        try:
            for line, raw in read_raw(workspace.root / source.path, source.path):
                yield data_row(raw, source.path, line, Fields())
        except (InvalidInput, UsageError):  # reported by the scan of the cases
            continue


def _transforms(workspace: Workspace, models: Sequence[str]) -> list[tuple[str, Fitted]]:
    """Each transform once; those that cannot be read are reported where their model is named."""
    found: dict[str, Fitted] = {}
    for model in models:
        profile = workspace.settings.models.get(model)
        if profile is not None and profile.provider == "local":
            try:
                found.update(profile_transforms(profile, workspace.root).values())
            except UsageError:
                continue
    return sorted(found.items())
