"""The scorers of a suite, made of its entries; what is wrong with one is noted at its line."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from prompteval.core.problem import did_you_mean
from prompteval.core.protocols import Scorer
from prompteval.metrics.stage_names import is_pipeline_scorer
from prompteval.plan.case_scan import prompt_of
from prompteval.plan.judges import plan_judge
from prompteval.plan.problems import Problems
from prompteval.plan.targets.base import TargetPlan
from prompteval.plan.tool_calls import with_tools
from prompteval.prompt.prompt import Prompt
from prompteval.providers.open import DefaultEmbedder
from prompteval.scoring.build import build_scorer
from prompteval.workspace.settings import Workspace
from prompteval.workspace.suite import ScorerSpec, Suite
from prompteval.workspace.tree import Tree

# Without their model every score would fail, after the calls are paid.
EMBEDDING_SCORERS = ("similarity",)


def build_scorers(
    workspace: Workspace, tree: Tree, suite: Suite, targets: Sequence[TargetPlan], problems: Problems
) -> tuple[Scorer, ...]:
    """Every scorer that can be made, in the order of the suite."""
    embedder = DefaultEmbedder(workspace)
    scorers: list[Scorer] = []
    lines: dict[str, int] = {}
    first = prompt_of(targets[0]) if targets else None
    for spec in suite.scorers:
        place = (spec.line, spec.col)
        if first is not None:
            spec = with_tools(_by_field_names(spec, first), targets)
        build = partial(build_scorer, spec, embedder=embedder, workspace=workspace)
        scorer = problems.catch(suite.path, place, "PE223", build)
        if scorer is None:
            continue
        scorer = plan_judge(workspace, tree, suite, scorer, place, problems)
        if spec.kind in EMBEDDING_SCORERS:
            problems.catch(suite.path, place, "PE223", embedder.check_ready)
        _check_name(scorer.name, lines, suite.path, place, problems)
        _check_fields(scorer, targets, suite.path, place, problems)
        lines[scorer.name] = spec.line
        scorers.append(scorer)
    return tuple(scorers)


def _by_field_names(spec: ScorerSpec, prompt: Prompt) -> ScorerSpec:
    """A scorer's entry with the paths into the output by the names of its fields, not by their aliases."""
    named = {key: spec.options[key] for key in ("field", "path") if isinstance(spec.options.get(key), str)}
    paths = {key: prompt.output_path(path) for key, path in named.items()}
    return replace(spec, options={**spec.options, **paths}) if paths != named else spec


def _check_name(
    name: str, lines: dict[str, int], path: str, place: tuple[int, int], problems: Problems
) -> None:
    if is_pipeline_scorer(name):
        message = f"{name!r} is the name of a scorer of the retrieval pipeline"
        problems.add(path, place, "PE224", message, "give the scorer another `name:`")
    if name in lines:
        help = f"the other is at line {lines[name]}; give one a `name:`"
        problems.add(path, place, "PE224", f"duplicate scorer name {name!r}", help)


def _check_fields(
    scorer: Scorer, targets: Sequence[TargetPlan], path: str, place: tuple[int, int], problems: Problems
) -> None:
    """A field that the scorer reads and an output does not have."""
    for target in targets:
        for name in scorer.fields_used:
            known = target.output_fields
            if known is not None and name.split(".")[0] not in known:
                message = f"{target.reference} has no output field {name!r}"
                problems.add(path, place, "PE225", message, did_you_mean(name, known))
