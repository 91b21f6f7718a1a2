"""Validates a workspace without calling a model."""

from collections.abc import Iterable
from dataclasses import dataclass

from prompteval.core.errors import InvalidInput, NothingSelected, UsageError
from prompteval.core.problem import Problem
from prompteval.core.text import counted
from prompteval.engine.data.seen import models_of, seen_problems
from prompteval.engine.data.suite import data_problems
from prompteval.plan.case_scan import empty_problems
from prompteval.plan.judges import judges_of
from prompteval.plan.prompt_references import parse_reference
from prompteval.plan.repeats import repeat_problems
from prompteval.plan.suite_plan import SuitePlan, plan_suite
from prompteval.prompt import lock
from prompteval.prompt.loader import load_prompt
from prompteval.prompt.lock_problem import PATH
from prompteval.prompt.prompt import Prompt
from prompteval.prompt.unimported import unimported_problems
from prompteval.providers.installed import missing_extra, ways_in_a_line
from prompteval.workspace.committed import warn_of_committed
from prompteval.workspace.discovery import prompt_files, prompt_problems, suite_files, suite_problems
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import WorkingTree


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Every problem, one sentence on what was looked at, and what could not be looked at."""

    problems: tuple[Problem, ...]
    summary: str
    unchecked: tuple[str, ...] = ()


def check_workspace(workspace: Workspace, paths: tuple[str, ...] = ()) -> CheckReport:
    """Load every prompt version, the lock and every suite, those at or below `paths` when given.

    A case file named in `paths` selects the suites that read it. Where the workspace may not be
    imported, no Python of it runs, and the report says what that leaves unchecked. Raises
    NothingSelected when nothing matches.
    """
    look = _WorkspaceCheck(workspace, paths)
    look.at_settings()
    look.at_prompts()
    look.at_lock()
    look.at_suites()
    if not look.seen:
        if paths:
            raise NothingSelected("no prompt, suite or case file of the workspace matches these paths")
        raise NothingSelected("no prompts and no suites here; `prompteval init` creates them")
    ordered = sorted(look.found, key=lambda p: (p.path, p.line, p.col, p.code, p.message))
    counts = ((len(look.chosen), "prompt version"), (look.suites, "suite"), (look.cases, "case"))
    summary = ", ".join(counted(count, name) for count, name in counts)
    return CheckReport(tuple(ordered), summary, () if workspace.imports else look.unchecked())


class _WorkspaceCheck:
    """One look at a workspace: what was seen of it, and what is wrong."""

    def __init__(self, workspace: Workspace, paths: tuple[str, ...]) -> None:
        self._workspace = workspace
        self._tree = WorkingTree(workspace.root)
        self._paths = paths
        self._files = prompt_files(self._tree)
        every = [file for files in self._files.values() for file in files]
        self.chosen = [file for file in every if self._wants(file.path) or _in_directory(file.path, paths)]
        self.found: dict[Problem, None] = {}
        self.suites = 0
        self.cases = 0
        self.seen = bool(self.chosen)
        self._prompts: list[Prompt] = []
        self._functions: set[str] = set()
        self._installed: set[str] = set()

    def _wants(self, path: str) -> bool:
        return not self._paths or _matches(path, self._paths)

    def _note(self, problems: Iterable[Problem]) -> None:
        self.found.update(dict.fromkeys(problems))

    def _warn(self, path: str, code: str, message: str, help: str) -> None:
        self._note([Problem(path, 1, 1, code, message, help, severity="warning")])

    def at_settings(self) -> None:
        """No second table of settings is ignored, and the results may lie where the settings put them."""
        if self._workspace.has_second_table():
            message = "[tool.prompteval] is ignored, as prompteval.toml has the settings"
            self._warn("pyproject.toml", "PE122", message, "keep the settings in one of the two")
        try:
            warn_of_committed(self._workspace)
        except UsageError as error:
            self._note([Problem(self._workspace.config_path.name, 1, 1, "PE121", str(error))])

    def at_prompts(self) -> None:
        """Every chosen version loads, its templates fit its inputs, and none is left out or hidden."""
        misnamed = [problem for problem in prompt_problems(self._tree) if self._wants(problem.path)]
        self._note(misnamed)
        self.seen = self.seen or bool(misnamed)
        for file in self.chosen:
            if not self._workspace.imports:
                self._note(unimported_problems(self._tree, file))
                continue
            try:
                prompt = load_prompt(self._tree, file.name, file.version)
            except InvalidInput as error:
                self._note(error.problems)
                continue
            self._prompts.append(prompt)
            self._note(prompt.check())

    def at_lock(self) -> None:
        """What is published is as it was."""
        own = self._wants(PATH) and self._tree.exists(PATH)
        self.seen = self.seen or own
        if not own and not self._prompts:
            return
        try:
            found = lock.read_lock(self._tree)
        except InvalidInput as error:
            self._note(error.problems)
            return
        known = {name: [file.version for file in files] for name, files in self._files.items()}
        self._note(lock.changed_versions(found.versions, self._prompts, known, self._tree))
        if own:
            self._note(lock.lost_versions(found.versions, known))
            self._note(lock.alias_problems(found, found.aliases.values(), self._prompts))

    def at_suites(self) -> None:
        """Every chosen suite can be run; and, of the whole workspace, what has no suite or baseline."""
        used: set[str] = set()
        unread = False
        self._note(problem for problem in suite_problems(self._tree) if self._wants(problem.path))
        for path in suite_files(self._tree):
            try:
                plan = plan_suite(self._workspace, path)
            except InvalidInput as error:
                unread = True
                if self._wants(path) or any(self._wants(problem.path) for problem in error.problems):
                    self._count(0)
                    self._note(error.problems)
                continue
            except UsageError as error:
                unread = True
                self._note([Problem(path, 1, 1, "PE200", str(error))])
                continue
            used.update(target.name for target in plan.targets)
            if plan.suite.user is not None:
                used.add(parse_reference(plan.suite.user.prompt).name)
            used.update(parse_reference(judge.prompt).name for judge in judges_of(plan.scorers))
            if self._wants(path) or any(self._wants(s.path) for s in plan.suite.cases if s.path):
                self._suite(plan)
        if self._paths or unread:
            return
        for name, files in self._files.items():
            if name not in used:
                self._warn(files[-1].path, "PE230", f"prompt {name!r} has no suite", "write one in evals/")

    def _suite(self, plan: SuitePlan) -> None:
        self._count(plan.facts.total)
        self._functions.update(plan.suite.functions)
        self._note([*plan.warnings, *repeat_problems(plan)])
        if plan.rag is not None:
            from prompteval.plan.stage_problems import stage_problems

            self._note(stage_problems(plan))
        self._note(empty_problems(plan.suite, plan.facts))
        self._note(data_problems(self._workspace, plan.suite, plan.facts.total))
        self._note(seen_problems(self._workspace, plan.suite, models_of(plan)))
        self._at_models(plan)
        name = plan.suite.name
        if not self._tree.exists(f"evals/baselines/{name}.json"):
            help = (
                "`prompteval baseline set` writes one; a run that `baseline set --name` named in the store is"
            )
            help += " one too, which `check` does not look for"
            self._warn(plan.suite.path, "PE234", f"suite {name!r} has no committed baseline", help)

    def _at_models(self, plan: SuitePlan) -> None:
        """A model that the suite runs with and that is not installed here, said once."""
        asked = {named.text: (plan.suite.path, named.line, named.col) for named in plan.suite.models}
        for model in plan.models:
            if model in self._installed:
                continue
            self._installed.add(model)
            if extra := missing_extra(model, self._workspace):
                path, line, col = asked.get(model, (self._workspace.config_path.name, 1, 1))
                message, help = f"model {model!r} is not installed", ways_in_a_line(extra)
                self._note([Problem(path, line, col, "PE235", message, help, severity="warning")])

    def unchecked(self) -> tuple[str, ...]:
        """What only an import shows, of what was looked at."""
        found = []
        if self.chosen:
            versions = counted(len(self.chosen), "prompt version")
            found.append(f"inputs, output and templates of {versions}, and the cases against them")
        if self.chosen and self._tree.exists(PATH):
            found.append("whether published versions are as they were")
        if self._functions:
            found.append(f"the content of {', '.join(sorted(self._functions))}")
        return tuple(found)

    def _count(self, cases: int) -> None:
        self.suites += 1
        self.cases += cases
        self.seen = True


def _matches(path: str, paths: tuple[str, ...]) -> bool:
    return any(wanted in (path, ".") or path.startswith(wanted + "/") for wanted in paths)


def _in_directory(path: str, paths: tuple[str, ...]) -> bool:
    """Whether a template beside the module is among the paths."""
    directory = path.rsplit("/", 1)[0]
    return any(wanted.startswith(directory + "/") and not wanted.endswith(".py") for wanted in paths)
