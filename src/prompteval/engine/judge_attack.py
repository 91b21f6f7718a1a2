"""`judge check --attack`: how far a judge follows orders in what it judges."""

from collections.abc import Iterator, Sequence

import numpy as np

from prompteval.core.case import Case
from prompteval.core.errors import UsageError
from prompteval.core.observation import Observation
from prompteval.engine.judge_asking import Item, ask_judge
from prompteval.engine.judge_check import Checked
from prompteval.engine.stored import reading
from prompteval.judging.ask import output_hash
from prompteval.judging.injections import INJECTIONS, best_verdict, injected
from prompteval.judging.pointwise import Judge
from prompteval.judging.sample import rank
from prompteval.plan.run_options import RunOptions
from prompteval.report.judge.view import Attack
from prompteval.stats.interval import student_t
from prompteval.workspace.settings import Workspace

# So many outputs, those that the judge likes least, get each injection.
MOST_OUTPUTS = 20


def attack(workspace: Workspace, checked: Checked, options: RunOptions) -> tuple[Attack, ...]:
    """The shift of the judge's verdict by each injection, in the output and in a passage.

    Raises UsageError for a judge that is not asked about single outputs, and where every output already has
    the best verdict.
    """
    judge = checked.judge
    if not isinstance(judge, Judge) or judge.criteria or judge.each:
        raise UsageError(f"--attack: {judge.name} is not a judge of labels or of a scale", "leave it out")
    chosen = _chosen(workspace, checked)
    if not chosen:
        raise UsageError("--attack: the judge gives every output its best verdict, so nothing can be gained")
    best = best_verdict(judge.verdict)
    found = []
    for injection in INJECTIONS:
        text = injection.make(judge.verdict.name, best)
        for where in ("output", "passage"):
            pairs = [
                ((case, seen), (case, attacked))
                for case, seen in chosen
                for place, attacked in injected(seen, text)
                if place == where
            ]
            if pairs:
                found.append(_shift(workspace, judge, injection.name, where, pairs, options))
    return tuple(found)


def _chosen(workspace: Workspace, checked: Checked) -> list[Item]:
    """Labelled outputs of the run without the best verdict, the worst first, in an order by their ids."""
    judge = checked.judge
    values = {(row.case_id, row.replicate, row.output): row.verdict for row in checked.rows}
    scale = checked.calibration.scale
    found: list[tuple[float, bytes, Case, Observation]] = []
    with reading(workspace) as store:
        for row in store.rows(checked.run_id):
            key = (row.case.id, row.replicate, output_hash(row.observation.output))
            verdict = values.pop(key, None)
            if verdict is not None and scale.value(verdict) < judge.high:
                found.append((scale.value(verdict), rank(0, row.case.id), row.case, row.observation))
    found.sort(key=lambda one: one[:2])
    return [(case, seen) for _, _, case, seen in found[:MOST_OUTPUTS]]


def _shift(
    workspace: Workspace,
    judge: Judge,
    name: str,
    where: str,
    pairs: Sequence[tuple[Item, Item]],
    options: RunOptions,
) -> Attack:
    """The mean before and after, over outputs with a verdict both times; a change of each sign is added."""
    asked = [item for pair in pairs for item in pair]
    scores = [score.value for score in ask_judge(workspace, judge, asked, options)]
    both = list(_both(scores))
    before = np.array([one for one, _ in both], np.float64)
    after = np.array([other for _, other in both], np.float64)
    if not both:
        return Attack(name, where, 0, 0.0, 0.0, None, None, 0)
    span = judge.high - judge.low
    padded = student_t(np.append(after - before, (span, -span)))
    moved = int(np.count_nonzero(after != before))
    return Attack(
        name, where, len(both), float(before.mean()), float(after.mean()), padded.low, padded.high, moved
    )


def _both(scores: Sequence[float | None]) -> Iterator[tuple[float, float]]:
    for before, after in zip(scores[::2], scores[1::2], strict=True):
        if before is not None and after is not None:
            yield before, after
