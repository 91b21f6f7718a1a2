"""Validates a workspace without calling a model."""

from dataclasses import dataclass, replace

from prompteval.core.errors import InvalidInput, NothingSelected, UsageError
from prompteval.core.problem import Problem
from prompteval.core.text import counted
from prompteval.engine.plan import plan_suite
from prompteval.engine.repeats import repeat_problems
from prompteval.prompt.loader import load_prompt
from prompteval.workspace.discovery import prompt_files, suite_files
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import WorkingTree


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Every problem, and one sentence on what was looked at."""

    problems: tuple[Problem, ...]
    summary: str


def check_workspace(workspace: Workspace, paths: tuple[str, ...] = ()) -> CheckReport:
    """Load every prompt version and plan every suite, those at or below `paths` when given.

    A case file named in `paths` selects the suites that read it. Raises NothingSelected when
    nothing matches.
    """
    tree = WorkingTree(workspace.root)
    found: dict[Problem, None] = {}
    prompts = [file for files in prompt_files(tree).values() for file in files]
    chosen = [file for file in prompts if _matches(file.path, paths) or _in_folder(file.path, paths)]
    broken: set[str] = set()
    for file in chosen:
        try:
            problems = load_prompt(tree, file.name, file.version).check()
        except InvalidInput as error:
            problems = list(error.problems)
            broken.add(file.name)
        found.update(dict.fromkeys(problems))
    suites, cases = 0, 0
    used: set[str] = set()
    for path in suite_files(tree):
        try:
            plan = plan_suite(workspace, path)
        except InvalidInput as error:
            if _matches(path, paths) or any(_matches(problem.path, paths) for problem in error.problems):
                suites += 1
                found.update(dict.fromkeys(error.problems))
            continue
        except UsageError as error:
            found[Problem(path, 1, 1, "PE200", str(error))] = None
            continue
        sources = [source.path for source in plan.suite.cases if source.path]
        used.update(prompt.name for prompt in plan.prompts)
        if _matches(path, paths) or any(_matches(source, paths) for source in sources):
            suites += 1
            cases += plan.facts.total
            found.update(dict.fromkeys(repeat_problems(plan)))
            if not plan.facts.total:
                place = (plan.suite.cases[0].line if plan.suite.cases else 1, 1)
                found[Problem(path, *place, "PE233", "the suite has no case", "write some")] = None
    if not paths and not suites and not chosen:
        raise NothingSelected("there is no prompt and no suite here; `prompteval init` writes some")
    if paths and not suites and not chosen:
        raise NothingSelected("no prompt, suite or case file of the workspace matches these paths")
    for file in {file.name: file for file in chosen}.values():
        if not paths and file.name not in used and file.name not in broken and not found:
            warning = Problem(
                file.path, 1, 1, "PE230", f"prompt {file.name!r} has no suite", "write one in evals/"
            )
            found[replace(warning, severity="warning")] = None
    ordered = sorted(found, key=lambda p: (p.path, p.line, p.col, p.code, p.message))
    return CheckReport(tuple(ordered), _summary(len(chosen), suites, cases))


def _summary(prompts: int, suites: int, cases: int) -> str:
    counts = ((prompts, "prompt version"), (suites, "suite"), (cases, "case"))
    return ", ".join(counted(count, name) for count, name in counts)


def _matches(path: str, paths: tuple[str, ...]) -> bool:
    return not paths or any(wanted in (path, ".") or path.startswith(wanted + "/") for wanted in paths)


def _in_folder(path: str, paths: tuple[str, ...]) -> bool:
    """Whether a template beside the module is among the paths."""
    folder = path.rsplit("/", 1)[0]
    return any(wanted.startswith(folder + "/") and not wanted.endswith(".py") for wanted in paths)
