"""The judges of a suite: their prompts loaded and checked, their models known."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from pydantic import BaseModel

from prompteval.core.errors import UsageError
from prompteval.core.problem import Problem, did_you_mean
from prompteval.core.protocols import Scorer
from prompteval.judging.ask import LoadedJudge
from prompteval.judging.faithfulness import Faithfulness
from prompteval.judging.inputs import CRITERION
from prompteval.judging.marks import between_marks
from prompteval.judging.pairwise import Pairwise
from prompteval.judging.pointwise import Judge
from prompteval.judging.probability import ASKED, WHAT_TO_DO
from prompteval.plan.problems import Problems
from prompteval.plan.prompt_references import load_reference, parse_reference
from prompteval.plan.server_problems import server_problems
from prompteval.prompt.messages import History
from prompteval.prompt.prompt import Prompt
from prompteval.providers.hosted.params import KINDS
from prompteval.providers.open import check_model, check_reference, url_of
from prompteval.store.run_names import NAME_PREFIX
from prompteval.workspace.presets import param_fault_of, preset_at, preset_of
from prompteval.workspace.settings import ModelProfile, Workspace
from prompteval.workspace.suite import Suite
from prompteval.workspace.tree import Tree

AnyJudge = Judge | Pairwise | Faithfulness
# Runs that `against` may name beside an id, which begins with its date.
NAMED_RUNS = ("baseline", "last")
# Models whose replies are known to have no log probabilities.
SILENT_KINDS = frozenset({"local", "scripted"}) | KINDS


def load_judge(workspace: Workspace, tree: Tree, suite: Suite, judge: AnyJudge) -> AnyJudge:
    """The judge with its prompt.

    Raises UsageError for a prompt that cannot judge, and InvalidInput for one that cannot be loaded.
    """
    reference = parse_reference(judge.prompt)
    if reference.commit:
        raise UsageError(
            "a judge's prompt is read from the working tree", f"write `prompt: {reference.name}`"
        )
    prompt = load_reference(tree, reference)
    _refuse_unfit(prompt)
    model = judge.model or prompt.model or workspace.settings.default_model
    check_model(model, workspace)
    if isinstance(judge, Pairwise):
        judge = _with_rival(tree, suite, judge)
    marked = replace(prompt, prepare=partial(between_marks, trusted=frozenset({CRITERION})))
    wants = isinstance(judge, Judge) and judge.probability
    params = _probability_params(workspace, marked, model) if wants else {}
    return judge.with_prompt(LoadedJudge(marked, model, params))


def _probability_params(workspace: Workspace, prompt: Prompt, model: str) -> Mapping[str, object]:
    """What the model is sent so that it says how probable its labels are.

    Raises UsageError for a model whose server is known to give no log probabilities.
    """
    kind, _, profile = check_reference(model, workspace)
    if kind in SILENT_KINDS:
        raise UsageError(f"probability: {model} gives no log probabilities", WHAT_TO_DO)
    profile = profile if profile is not None else ModelProfile(model)
    if profile.api == "decisions":  # which gives them unasked
        return {}
    profile = replace(profile, preset=preset_at(url_of(kind, profile), profile.preset))
    for name in ASKED:
        wrong = param_fault_of(profile.preset, profile.api, name, profile.extra_body or {})
        if wrong is not None or name in profile.drop:
            why = wrong[0] if wrong is not None else f"{name!r} is dropped by the settings of {model}"
            raise UsageError(f"probability: {why}", WHAT_TO_DO)
    structured = profile.structured or preset_of(profile.preset).structured
    if structured == "tool":
        raise UsageError(
            f"probability: {model} answers by a call, which has no log probabilities", WHAT_TO_DO
        )
    return {name: value for name, value in ASKED.items() if name not in prompt.params}


def _with_rival(tree: Tree, suite: Suite, judge: Pairwise) -> Pairwise:
    """The judge with the version that outputs are compared with, where `against` names one."""
    if "@" not in judge.against:
        known = judge.against in NAMED_RUNS or judge.against.startswith(NAME_PREFIX)
        if not known and not judge.against[:1].isdecimal():
            runs = f"{NAMED_RUNS[0]}, {NAME_PREFIX}NAME, the id of a run"
            help = f"write {runs}, or a version such as {judge.against}@v1"
            raise UsageError(f"against: {judge.against!r:.60} is neither a run nor a version", help)
        return judge
    reference = parse_reference(judge.against)
    own = suite.target.value.partition("@")[0]
    if suite.target.kind != "prompt" or reference.name != own:
        raise UsageError(
            f"against: {judge.against} is not a version of what this suite runs, {suite.target.value}"
        )
    if reference.commit:
        raise UsageError(
            "against: a version of another commit is compared as a run", "write the id of its run"
        )
    return replace(judge, rival=load_reference(tree, reference))


def _refuse_unfit(prompt: Prompt) -> None:
    wrong = prompt.check()
    if wrong:
        raise UsageError(f"{prompt.reference}: {wrong[0].message}", "fix the prompt")
    if not (isinstance(prompt.output, type) and issubclass(prompt.output, BaseModel)):
        message = f"{prompt.reference} judges, and its output is not a model"
        raise UsageError(message, "declare a pydantic model with the reasons and, after them, the verdict")
    if prompt.tools:
        raise UsageError(f"{prompt.reference} has tools, and nothing calls those of a judge", "remove them")
    if any(isinstance(part, History) for part in prompt.messages):
        message = f"{prompt.reference} has history(), and a judge is shown a conversation as text"
        raise UsageError(message, "declare the input `messages: str`")


def plan_judge(
    workspace: Workspace, tree: Tree, suite: Suite, scorer: Scorer, place: tuple[int, int], problems: Problems
) -> Scorer:
    """A scorer that asks a model with its prompt, any other as it is; what is wrong is noted at `place`."""
    if not isinstance(scorer, AnyJudge) or not workspace.imports:
        return scorer
    found = problems.catch(suite.path, place, "PE290", load_judge, workspace, tree, suite, scorer)
    return scorer if found is None else found


def judges_of(scorers: Sequence[Scorer]) -> tuple[AnyJudge, ...]:
    """The scorers that ask a model."""
    return tuple(scorer for scorer in scorers if isinstance(scorer, AnyJudge))


def judge_server_problems(workspace: Workspace, scorers: Sequence[Scorer]) -> list[Problem]:
    """What of the judges' prompts, as they are asked, the servers of their models cannot take."""
    loaded = [judge.loaded for judge in judges_of(scorers) if judge.loaded is not None]
    found = (server_problems([one.asked], [one.model], workspace) for one in loaded)
    return [problem for several in found for problem in several]


def judge_section_problems(suite: Suite, scorers: Sequence[Scorer], problems: Problems) -> None:
    """Note each entry of `judges:` that is no judge of the suite."""
    names = [judge.name for judge in judges_of(scorers)]
    for name in suite.judges:
        if name not in names:
            help = did_you_mean(name, names) or "the suite has no judge"
            problems.add(
                suite.path, suite.judge_places[name], "PE290", f"judges: unknown scorer {name!r}", help
            )
