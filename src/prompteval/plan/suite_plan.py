"""From a suite file to something that can run: every name resolved, every problem found first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prompteval.core.case import Case
from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Problem, did_you_mean
from prompteval.core.protocols import Scorer
from prompteval.metrics.stage_names import StageMetric
from prompteval.plan.case_scan import CaseFacts, read_source, scan_cases, source_key
from prompteval.plan.conversation_problems import conversation_problems
from prompteval.plan.entailment import entailment_of
from prompteval.plan.file_problems import CaseFiles
from prompteval.plan.gate_versions import with_versions
from prompteval.plan.gates import PlannedRule, note_absent, plan_gates, primary_metrics
from prompteval.plan.judge_files import JudgeFiles, read_judge_files
from prompteval.plan.judges import judge_section_problems, judge_server_problems
from prompteval.plan.measures import Measure, plan_measures, stage_metrics
from prompteval.plan.problems import Problems, placed, placing
from prompteval.plan.stream_problems import stream_problems
from prompteval.plan.suite_scorers import build_scorers
from prompteval.plan.suite_system import System, plan_rivals, plan_system, prompts_of
from prompteval.plan.targets.base import TargetPlan
from prompteval.plan.tool_calls import call_problems
from prompteval.prompt.prompt import Prompt
from prompteval.workspace.settings import Workspace
from prompteval.workspace.suite import Suite, load_suite
from prompteval.workspace.tree import GitTree, Tree, WorkingTree

if TYPE_CHECKING:
    from prompteval.plan.rag.setup import RagSetup
    from prompteval.plan.result_setup import ResultSetup


@dataclass(frozen=True, slots=True)
class SuitePlan:
    """A suite with every name resolved.

    `targets` is empty when the caller asked for prompts that this suite does not run. `models`
    go with the targets that take one. `primary` are the metrics that decide a comparison,
    `rivals` the references of targets that run only to be beaten. `judge_files` has what is
    known of each judge, by its name.
    """

    suite: Suite
    tree: Tree
    targets: tuple[TargetPlan, ...]
    models: tuple[str, ...]
    scorers: tuple[Scorer, ...]
    measures: tuple[Measure, ...]
    gates: tuple[PlannedRule, ...]
    facts: CaseFacts
    primary: tuple[str, ...] = ()
    rivals: frozenset[str] = frozenset()
    rag: "RagSetup | None" = None
    results: "ResultSetup | None" = None
    warnings: tuple[Problem, ...] = field(default=())
    judge_files: Mapping[str, JudgeFiles] = field(default_factory=dict)

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """The prompts among the targets."""
        return tuple(prompts_of(self.targets))

    def entries(self) -> Iterator[tuple[TargetPlan, str]]:
        """Every (target, model) to run."""
        for target in self.targets:
            for model in (target.own_model,) if target.own_model is not None else self.models:
                yield target, model

    def cases(self) -> Iterator[Case]:
        """Every case of the suite, in the order of its files: those that are kept, or read again."""
        for _, cases in self.cases_by_file():
            yield from cases

    def cases_by_file(self) -> Iterator[tuple[str, Iterator[Case]]]:
        """The path of each case file, the suite's own for inline cases, with its cases."""
        first = self.targets[0] if self.targets else None
        for source in self.suite.cases:
            cases = self.facts.kept.of(source_key(source))
            if cases is None:
                cases = read_source(self.tree, self.suite, source, first, checked=True)
            yield source.path or self.suite.path, cases


def plan_suite(
    workspace: Workspace,
    path: str,
    *,
    models: tuple[str, ...] = (),
    prompts: tuple[str, ...] = (),
    commit: GitTree | None = None,
) -> SuitePlan:
    """Everything a suite needs, resolved and validated, its case files read through once.

    `models` and `prompts` replace the suite's own. With `commit`, target and models are those
    of the suite at that commit (or of today's suite, where the commit has none), read from
    there; cases, scorers and metrics stay those of the working tree, so that both can be
    compared. Raises InvalidInput with all problems.
    """
    tree = WorkingTree(workspace.root)
    suite = load_suite(tree, path)
    there = suite_at(commit, path) or suite
    problems = Problems()
    system = plan_system(workspace, commit or tree, suite, there, prompts, models, problems)
    setup, targets, chosen = system.setup, system.targets, system.models
    if commit is not None and there is not suite:
        problems.found = placed(commit, problems.found)
    found = _measuring(workspace, tree, suite, system, problems)
    if not targets:
        problems.check()
    gates = with_versions(workspace, tree, suite.path, found.gates, problems)
    rivals = plan_rivals(workspace, tree, suite, gates, targets, problems, setup) if commit is None else ()
    files = CaseFiles(prompts_of(targets), chosen, workspace, suite.splits)
    facts = _scanned(tree, suite, system, files, gates, found, problems)
    return SuitePlan(
        suite,
        tree,
        (*targets, *rivals),
        chosen,
        found.scorers,
        found.measures,
        gates,
        facts,
        primary_metrics(suite, found.scorers, found.measures, gates),
        frozenset(target.reference for target in rivals),
        setup,
        found.results,
        tuple(problems.found),
        found.judge_files,
    )


@dataclass(frozen=True, slots=True)
class _Measuring:
    """How outputs are scored and decided; `results` is how those of a system of one's own are read."""

    scorers: tuple[Scorer, ...]
    judge_files: Mapping[str, JudgeFiles]
    measures: tuple[Measure, ...]
    gates: tuple[PlannedRule, ...]
    results: "ResultSetup | None"


def _measuring(
    workspace: Workspace, tree: Tree, suite: Suite, system: System, problems: Problems
) -> _Measuring:
    """Scorers, judges, metrics and gates, of which those that read the stages of retrieval come first."""
    scorers = build_scorers(workspace, tree, suite, system.targets, problems)
    judge_section_problems(suite, scorers, problems)
    problems.found += judge_server_problems(workspace, scorers)
    judge_files = read_judge_files(tree, suite, scorers, problems)
    measures = plan_measures(suite, scorers, problems)
    gates = plan_gates(suite, scorers, measures, problems)
    problems.found += stream_problems(workspace, suite, system.targets, system.models, measures, gates)
    stages = stage_metrics(measures, gates)
    problems.found += call_problems(suite, system.targets)
    added, results = _stage_scorers(workspace, tree, suite, system, stages, problems)
    return _Measuring((*added, *scorers), judge_files, measures, gates, results)


def _scanned(
    tree: Tree,
    suite: Suite,
    system: System,
    files: CaseFiles,
    gates: Sequence[PlannedRule],
    measuring: _Measuring,
    problems: Problems,
) -> CaseFacts:
    """What the cases are, read through once. Raises InvalidInput with all problems of the suite."""
    setup, targets = system.setup, system.targets
    golds = [store.read_gold for store in (setup or measuring.results,) if store is not None]
    facts = scan_cases(tree, suite, targets, problems, [*golds, files.problems], gates, measuring.scorers)
    problems.found += files.not_taken(tree)
    if facts is not None:
        problems.found += conversation_problems(suite, targets, facts.most_turns)
        if setup is not None:
            setup.note_recorded(problems)
        _note_absent_tags(suite, gates, facts, problems)
    problems.check()
    if facts is None:
        raise InvalidInput(problems.found)
    return facts


def _stage_scorers(
    workspace: Workspace,
    tree: Tree,
    suite: Suite,
    system: System,
    stages: list[StageMetric],
    problems: Problems,
) -> tuple[tuple[Scorer, ...], "ResultSetup | None"]:
    """(what scores the stages that the metrics read, how the results of a system of one's own are read)."""
    support = entailment_of(workspace, suite, stages, problems)
    if system.setup is not None:
        return tuple(system.setup.scorers(stages, support)), None
    if not stages or suite.rag is not None:
        return (), None
    from prompteval.plan.result_setup import plan_results

    results = plan_results(workspace, tree, suite, stages, problems)
    if results is None:
        return (), None
    problems.found += results.problems(system.targets)
    return tuple(results.scorers(support)), results


def _note_absent_tags(
    suite: Suite, gates: Sequence[PlannedRule], facts: CaseFacts, problems: Problems
) -> None:
    """A slice, or a rule on one, that no case is in."""
    if not facts.total:
        return
    for named in suite.slices:
        if named.text not in facts.tags:
            message = f"no case carries the tag {named.text!r}"
            help = did_you_mean(named.text, facts.tags)
            problems.add(suite.path, (named.line, named.col), "PE231", message, help)
    if not problems.any_error:
        note_absent(suite, gates, facts.absent, problems)


def suite_at(commit: GitTree | None, path: str) -> Suite | None:
    """The suite as a commit has it, under either ending, None where it has none.

    Raises InvalidInput that names the commit.
    """
    if commit is None:
        return None
    stem = path.rsplit(".", 1)[0]
    there = next((p for p in (path, f"{stem}.yaml", f"{stem}.yml") if commit.exists(p)), None)
    if there is None:
        return None
    with placing(commit):
        return load_suite(commit, there)
