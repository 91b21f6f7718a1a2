"""A suite file as a tree of tests: `evals/s.yaml::prompt@v1::model::case`, and `...::gate::rule`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from prompteval.core.case import Case
from prompteval.core.errors import InvalidInput, PromptevalError
from prompteval.core.observation import Row
from prompteval.core.text import inert, one_line, printable
from prompteval.core.verdict import Verdict
from prompteval.isolate.exit_guard import forbid_exit
from prompteval.plan.case_scan import empty_problems
from prompteval.plan.suite_plan import plan_suite
from prompteval.report.case import failure_block, nothing_scored
from prompteval.testing.plugin.directory import runs_directory
from prompteval.testing.plugin.runs import SuiteRun, SuiteRuns
from prompteval.workspace.discovery import suite_files, suite_problems
from prompteval.workspace.settings import find_workspace
from prompteval.workspace.tree import WorkingTree


class Failed(Exception):
    """A case or gate that failed; its text is all that is shown."""


Node = TypeVar("Node", bound=pytest.Collector)


class SuiteFile(pytest.File):
    """A suite: checked when it is collected, run when the first of its tests is."""

    def collect(self) -> Iterator[pytest.Collector]:
        """A collector for each prompt. What is wrong in the files is the collection's error."""
        options = self.config.option
        forbid_exit()
        try:
            workspace = find_workspace(self.path.parent)
            directory = self.path.parent.resolve()
            path = (directory.relative_to(workspace.root) / self.path.name).as_posix()
            tree = WorkingTree(workspace.root)
            wrong = [problem for problem in suite_problems(tree) if problem.path == path]
            if wrong:
                raise InvalidInput(wrong)
            if path not in suite_files(tree):  # YAML of another kind
                return
            self.plan = plan_suite(workspace, path)
            wrong = empty_problems(self.plan.suite, self.plan.facts)
            if wrong:
                raise InvalidInput(wrong)
        except PromptevalError as error:
            raise self.CollectError(inert(str(error))) from None
        self.root = workspace.root
        self.runs = SuiteRuns(
            workspace,
            self.plan,
            runs_directory(self.config),
            live=options.prompteval_live,
            replay=options.prompteval_replay,
        )
        models: dict[str, list[str]] = {}
        for target, model in self.plan.entries():
            models.setdefault(target.reference, []).append(model)
        for reference, names in models.items():
            yield TargetNode.from_parent(self, name=reference, models=names)

    def run(self) -> SuiteRun:
        """The run of all tests of this suite that were selected; of every case when a gate is."""
        if self.runs.refused:
            pytest.skip(
                printable(f"the suite calls its own {self.runs.refused}; --prompteval-live allows it")
            )
        return self.runs.run(self._wanted)

    def _wanted(self) -> frozenset[str] | None:
        mine = [item for item in self.session.items if isinstance(item, SuiteItem) and item.file is self]
        if any(isinstance(item, GateItem) for item in mine):
            return None
        return frozenset(item.case.id for item in mine if isinstance(item, CaseItem))


class TargetNode(pytest.Collector):
    """One prompt version of a suite, or its other target."""

    def __init__(self, *, models: list[str], **node: Any) -> None:
        super().__init__(**node)
        self._models = models

    def collect(self) -> Iterator[pytest.Collector]:
        """A collector for each model."""
        for model in self._models:
            yield ModelNode.from_parent(self, name=model)


def _above(node: pytest.Item | pytest.Collector, kind: type[Node]) -> Node:
    """The collector of a kind that a node is below."""
    found = node.getparent(kind)
    if found is None:
        raise LookupError(f"{node.name} is below no {kind.__name__}")
    return found


class ModelNode(pytest.Collector):
    """One model of a target."""

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        """A test for each case of the suite's splits, and one for each gate."""
        file = _above(self, SuiteFile)
        suite = file.plan.suite
        for path, cases in file.plan.cases_by_file():
            for case in cases:
                if not suite.splits or case.split in suite.splits:
                    yield CaseItem.from_parent(self, name=printable(one_line(case.id)), case=case, place=path)
        if suite.gate:
            yield GateNode.from_parent(self, name="gate")


class GateNode(pytest.Collector):
    """The gates of a suite, over one prompt and model."""

    def collect(self) -> Iterator[pytest.Item]:
        """A test for each rule."""
        file = _above(self, SuiteFile)
        for position, gate in enumerate(file.plan.gates):
            yield GateItem.from_parent(self, name=printable(str(gate.rule)), position=position)


class SuiteItem(pytest.Item):
    """What cases and gates have in common."""

    def __init__(self, **node: Any) -> None:
        super().__init__(**node)
        self.file = _above(self, SuiteFile)
        self.entry = (_above(self, TargetNode).name, _above(self, ModelNode).name)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The message alone for what is not a fault of this program."""
        if isinstance(excinfo.value, Failed | PromptevalError):
            return inert(str(excinfo.value))
        return super().repr_failure(excinfo, style)

    def _title(self, name: str) -> str:
        return printable("::".join((self.file.plan.suite.name, *self.entry, name)))


class CaseItem(SuiteItem):
    """One case, all its repeats."""

    def __init__(self, *, case: Case, place: str, **node: object) -> None:
        super().__init__(**node)
        self.case = case
        self._place = place
        # `self` cannot be given to a marker by name.
        self.add_marker(pytest.mark.prompteval(**{tag: v for tag, v in case.tags.items() if tag != "self"}))
        self.extra_keyword_matches.update(f"{tag}:{value}" for tag, value in case.tags.items())

    def runtest(self) -> None:
        """Fail with the case's block, skip what needs a live call or has nothing to score."""
        run = self.file.run()
        rows = run.rows.get((*self.entry, self.case.id), ())
        if not rows:
            raise Failed(f"case {self.case.id} was not run: {run.reason}")
        refused = offline(rows)
        if refused:
            pytest.skip(refused)
        block = failure_block(rows, f"{self._place}:{self.case.line}")
        if block:
            raise Failed(block)
        reason = nothing_scored(rows[0])
        if reason is not None:
            pytest.skip(printable(reason))

    def reportinfo(self) -> tuple[Path, int, str]:
        """The case's own file and line."""
        return self.file.root / self._place, max(self.case.line - 1, 0), self._title(self.case.id)


class GateItem(SuiteItem):
    """One rule of the suite's gate, over every case."""

    def __init__(self, *, position: int, **node: object) -> None:
        super().__init__(**node)
        self._position = position
        self.add_marker(pytest.mark.prompteval)
        self.add_marker(pytest.mark.prompteval_gate)

    def runtest(self) -> None:
        """Fail when the rule does, or when a case it counts was not run; skip what is undecided."""
        run = self.file.run()
        result = run.results[self.entry]
        own = (rows for key, rows in run.rows.items() if key[:2] == self.entry)
        refused = [reason for rows in own if (reason := offline(rows))]
        if refused:
            total = result.cases["total"]
            pytest.skip(f"not decided: {len(refused)} of {total} cases need a live call; {refused[0]}")
        errors = 0 if result.errors_excluded else result.cases["errors"]
        if errors or result.cases["skipped"]:
            raise Failed(f"not decided: {run.reason}")
        gate = result.gates[self._position]
        if gate.verdict is Verdict.INCONCLUSIVE:
            pytest.skip(printable(f"inconclusive: {gate.detail}"))
        if gate.verdict is not Verdict.PASS:
            lines = (gate.detail, f"gate      {gate.rule}", f"target    {'  '.join(self.entry)}")
            raise Failed("\n".join(lines))

    def reportinfo(self) -> tuple[Path, int, str]:
        """The rule's line in the suite."""
        line = self.file.plan.suite.gate[self._position].line
        return self.path, max(line - 1, 0), self._title(f"gate::{self.name}")


def offline(rows: tuple[Row, ...]) -> str:
    """Why a case needs a live call that is not allowed; empty when it does not."""
    for row in rows:
        failure = row.observation.failure
        if failure is not None and failure.type == "offline":
            return printable(f"{failure.message}; --prompteval-live calls it")
    return ""
