"""`judge check --attack`: how far a judge follows orders in what it judges."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from prompteval.core.case import Case
from prompteval.core.errors import UsageError
from prompteval.core.observation import Observation, Score
from prompteval.engine.judge_asking import PairAsks, ask_judge, ask_pairs
from prompteval.engine.judge_check import Checked
from prompteval.engine.stored import reading
from prompteval.judging.ask import Ask, output_hash
from prompteval.judging.claims import SUPPORTED
from prompteval.judging.faithfulness import Faithfulness
from prompteval.judging.injections import INJECTIONS, Injection, best_verdict, injected
from prompteval.judging.labels import Word
from prompteval.judging.pairwise import Pairwise, Preferred
from prompteval.judging.pointwise import Judge
from prompteval.judging.sample import rank
from prompteval.plan.run_options import RunOptions
from prompteval.plan.suite_plan import plan_suite
from prompteval.report.judge.view import Attack
from prompteval.stats.interval import student_t
from prompteval.workspace.settings import Workspace

# So many outputs, those that the judge likes least, get each injection.
MOST_OUTPUTS = 20
# What a judge of pairs decided of an output, as a number.
_OF_PAIR: dict[Word, float] = {"win": 1.0, "tie": 0.5, "loss": 0.0}


@dataclass(frozen=True, slots=True)
class _Output:
    """An output of the run that the judge does not like best."""

    case: Case
    seen: Observation
    model: str


def attack(workspace: Workspace, checked: Checked, options: RunOptions) -> tuple[Attack, ...]:
    """The shift of the judge's verdict by each injection, in the output and in a passage.

    Of a judge of pairs each order has its own injection, which names the place that it is shown in. Raises
    UsageError where every output already has the best verdict.
    """
    chosen = _chosen(workspace, checked)
    if not chosen:
        raise UsageError("--attack: the judge gives every output its best verdict, so nothing can be gained")
    judge = checked.judge
    if isinstance(judge, Pairwise):
        return _of_pairs(workspace, checked, judge, chosen, options)
    field, best = _aim(judge)
    found = []
    for injection in INJECTIONS:
        text = injection.make(field, best)
        for where in ("output", "passage"):
            attacked = [
                (one, seen) for one in chosen for place, seen in injected(one.seen, text) if place == where
            ]
            items = [item for one, seen in attacked for item in ((one.case, one.seen), (one.case, seen))]
            if items:
                scores = ask_judge(workspace, judge, checked.suite_path, items, options)
                found.append(_shift(injection.name, where, scores, judge.high - judge.low))
    return tuple(found)


def _aim(judge: Judge | Faithfulness) -> tuple[str, str]:
    """(the field, the value as JSON text) that an injection asks for."""
    if isinstance(judge, Faithfulness):
        return "verdict", json.dumps(SUPPORTED)
    return judge.verdict.name, best_verdict(judge.verdict)


def _of_pairs(
    workspace: Workspace, checked: Checked, judge: Pairwise, chosen: Sequence[_Output], options: RunOptions
) -> tuple[Attack, ...]:
    plan = plan_suite(workspace, checked.suite_path)
    with reading(workspace) as store:

        def scored(injection: Injection) -> list[Score]:
            items = [
                (one.case, one.model, asks)
                for one in chosen
                for asks in (_plain(judge, one), _attacked(judge, one, injection))
            ]
            return ask_pairs(workspace, judge, plan, items, store, options)

        return tuple(_shift(one.name, "output", scored(one), judge.high - judge.low) for one in INJECTIONS)


def _plain(judge: Pairwise, one: _Output) -> PairAsks:
    return lambda other: judge.compare(one.case, one.seen, other)


def _attacked(judge: Pairwise, one: _Output, injection: Injection) -> PairAsks:
    """Both orders, the output with a text for the place that it is shown in."""

    def asks(other: Observation) -> Sequence[Ask] | Score:
        places: tuple[Preferred, Preferred] = ("first", "second")
        found: list[Ask] = []
        for order, place in enumerate(places):
            text = injection.make(judge.verdict_name, json.dumps(place))
            seen = next(attacked for where, attacked in injected(one.seen, text) if where == "output")
            questions = judge.compare(one.case, seen, other)
            if isinstance(questions, Score):
                return questions
            found.append(questions[order])
        return found

    return asks


def _chosen(workspace: Workspace, checked: Checked) -> list[_Output]:
    """Labelled outputs of the run without the best verdict, the worst first, in an order by their ids."""
    values = {(row.case_id, row.replicate, row.output): row.verdict for row in checked.rows}
    found: list[tuple[float, bytes, _Output]] = []
    with reading(workspace) as store:
        for row in store.rows(checked.run_id):
            key = (row.case.id, row.replicate, output_hash(row.observation.output))
            verdict = values.pop(key, None)
            value = None if verdict is None else _value(checked, verdict)
            if value is not None and value < checked.judge.high:
                found.append((value, rank(0, row.case.id), _Output(row.case, row.observation, row.model)))
    found.sort(key=lambda one: one[:2])
    return [one for _, _, one in found[:MOST_OUTPUTS]]


def _value(checked: Checked, verdict: Word) -> float:
    if isinstance(checked.judge, Pairwise):
        return _OF_PAIR[verdict]
    return checked.calibration.scale.value(verdict)


def _shift(name: str, where: str, scores: Sequence[Score], span: float) -> Attack:
    """The mean before and after, over outputs with a verdict both times; a change of each sign is added.

    `scores` has each output's without the injection and, behind it, with it.
    """
    both = list(_both([score.value for score in scores]))
    before = np.array([one for one, _ in both], np.float64)
    after = np.array([other for _, other in both], np.float64)
    if not both:
        return Attack(name, where, 0, 0.0, 0.0, None, None, 0)
    padded = student_t(np.append(after - before, (span, -span)))
    moved = int(np.count_nonzero(after != before))
    return Attack(
        name, where, len(both), float(before.mean()), float(after.mean()), padded.low, padded.high, moved
    )


def _both(scores: Sequence[float | None]) -> Iterator[tuple[float, float]]:
    for before, after in zip(scores[::2], scores[1::2], strict=True):
        if before is not None and after is not None:
            yield before, after
