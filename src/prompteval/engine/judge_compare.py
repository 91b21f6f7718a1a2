"""`judge compare`: two judges beside the same people, over the same outputs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from prompteval.analysis.judges.figures import JudgeFigures, judge_figures
from prompteval.analysis.judges.rows import JudgedRow, verdict_of
from prompteval.core.errors import UsageError
from prompteval.core.observation import Score
from prompteval.core.stored import StoredScore
from prompteval.core.verdict import Comparison
from prompteval.engine.judge_asking import Item, ask_judge
from prompteval.engine.judge_check import Checked, CheckOptions, check_judge
from prompteval.engine.stored import reading
from prompteval.judging.ask import output_hash
from prompteval.judging.pointwise import Judge
from prompteval.plan.judge_files import scale_of
from prompteval.plan.judges import load_judge
from prompteval.plan.run_options import RunOptions
from prompteval.plan.suite_plan import plan_suite
from prompteval.stats.paired.values import compare_values
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import WorkingTree


@dataclass(frozen=True, slots=True)
class ComparedJudges:
    """Both judges beside people over the outputs that both have a verdict on.

    `agreement` compares case by case: whether each agrees with people, or on a scale how near it comes.
    """

    names: tuple[str, str]
    figures: tuple[JudgeFigures, JudgeFigures]
    agreement: Comparison
    run_id: str


def compare_judges(
    workspace: Workspace, name: str, prompts: tuple[str, str], options: CheckOptions, running: RunOptions
) -> ComparedJudges:
    """Two versions of a judge over the labelled outputs of a run; each is asked, or found in the cache.

    Raises UsageError for prompts that do not judge alike, and what `check_judge` raises.
    """
    checked = check_judge(workspace, name, options)
    if not isinstance(checked.judge, Judge):
        raise UsageError(f"{checked.judge.name} is not a judge of labels or of a scale", "choose --judge")
    items = _items(workspace, checked)
    rows = [_judged(workspace, checked, checked.judge, prompt, items, running) for prompt in prompts]
    kept = [
        (one, other)
        for one, other in zip(*rows, strict=True)
        if one.verdict is not None and other.verdict is not None
    ]
    if not kept:
        raise UsageError("no labelled output has a verdict of both judges")
    scale = checked.calibration.scale
    sides = [pair[0] for pair in kept], [pair[1] for pair in kept]
    figures = tuple(judge_figures(side, scale, epsilon=options.epsilon) for side in sides)
    nearness = [_nearness(checked, side) for side in sides]
    low = None if scale.is_numeric else 0.0
    compared = compare_values(
        "agreement", nearness[0], nearness[1], low=low, high=None if low is None else 1.0, seed=0
    )
    return ComparedJudges(prompts, (figures[0], figures[1]), compared, checked.run_id)


def _items(workspace: Workspace, checked: Checked) -> list[tuple[JudgedRow, Item]]:
    """The labelled outputs of the run with their cases."""
    wanted = {(row.case_id, row.replicate, row.output): row for row in checked.rows}
    found = []
    with reading(workspace) as store:
        for row in store.rows(checked.run_id):
            known = wanted.pop((row.case.id, row.replicate, output_hash(row.observation.output)), None)
            if known is not None:
                found.append((known, (row.case, row.observation)))
    return found


def _judged(
    workspace: Workspace,
    checked: Checked,
    judge: Judge,
    prompt: str,
    items: Sequence[tuple[JudgedRow, Item]],
    running: RunOptions,
) -> list[JudgedRow]:
    """The rows with what the judge says with another prompt."""
    tree = WorkingTree(workspace.root)
    suite = plan_suite(workspace, checked.suite_path).suite
    other = load_judge(workspace, tree, suite, replace(judge, prompt=prompt, loaded=None))
    if not isinstance(other, Judge) or scale_of(other) != checked.calibration.scale:
        raise UsageError(f"{prompt} has other labels, or another scale, than {judge.prompt}")
    scores = ask_judge(workspace, other, checked.suite_path, [item for _, item in items], running)
    scale = checked.calibration.scale
    return [
        replace(row, verdict=verdict_of(_stored(score), scale))
        for (row, _), score in zip(items, scores, strict=True)
    ]


def _stored(score: Score) -> StoredScore:
    return StoredScore(score.name, score.value, score.status, evidence=score.evidence)


def _nearness(checked: Checked, rows: Sequence[JudgedRow]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """1 where the judge agrees with people and 0 where not; on a scale minus the distance."""
    scale = checked.calibration.scale
    found = []
    for row in rows:
        truth = scale.truth(row.labels)
        if truth is None or row.verdict is None:
            continue
        same = float(row.verdict == truth)
        found.append(-abs(float(row.verdict) - float(truth)) if scale.is_numeric else same)
    return np.array(found, np.float64)
