"""How often a case runs, what its repeats agree on, and what a suite asks of them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from prompteval.core.problem import Problem
from prompteval.metrics.names import parse_metric
from prompteval.plan.suite_plan import SuitePlan
from prompteval.plan.targets.outputs import OutputsPlan

# [expected, predicted] as they are stored; predicted is None where the output is not a class.
Labels = Sequence[Any]
# Scores nearer than this are one score.
SAME = 1e-12


@dataclass(frozen=True, slots=True)
class Repeats:
    """How often a case runs: as the command line asks, else as the case does, else as the suite does."""

    asked: int | None
    suite: int

    def of(self, own: int | None) -> int:
        """The repeats of a case that asks for `own` of them, or None."""
        return self.asked or own or self.suite


def repeats_of(plan: SuitePlan, asked: int | None) -> Repeats:
    """How often the cases of a suite run. Recorded outputs are read as often as they were recorded."""
    recorded = [target.replicates for target in plan.targets if isinstance(target, OutputsPlan)]
    if recorded:
        return Repeats(max(recorded), 1)
    return Repeats(asked, plan.suite.repeat)


def repeat_problems(plan: SuitePlan, asked: int | None = None) -> list[Problem]:
    """Metrics that need a case to run more often than any does, and, as a warning, than each does."""
    repeats = repeats_of(plan, asked)
    runs = {repeats.of(own): count for own, count in plan.facts.repeats.items()}
    found = []
    for place, text, needed in _needed(plan):
        short = sum(count for often, count in runs.items() if often < needed)
        if not short:
            continue
        most = max(runs)
        help = f"write `repeat: {needed}` in the suite or the case, or run with --repeat {needed}"
        message = f"{text} needs cases that run {needed} times, and none runs more than {most}"
        problem = Problem(plan.suite.path, *place, "PE228", message, help)
        if most >= needed:
            total = sum(runs.values())
            message = f"{short} of {total} cases run fewer than {needed} times and are missing from {text}"
            problem = replace(problem, message=message, severity="warning")
        found.append(problem)
    return found


def _needed(plan: SuitePlan) -> Iterator[tuple[tuple[int, int], str, int]]:
    """(place, metric, least runs of a case) of each metric of the suite that needs several."""
    seen = set()
    for measure, named in ((m, n) for m in plan.measures for n in (*plan.suite.metrics, *plan.suite.primary)):
        least = measure.spec.least_turns
        if least > 1 and measure.text not in seen and str(parse_metric(named.text)) == measure.text:
            seen.add(measure.text)
            yield (named.line, named.col), measure.text, least
    for gate, spec in zip(plan.gates, plan.suite.gate, strict=True):
        if gate.measure is not None and gate.measure.spec.least_turns > 1 and gate.measure.text not in seen:
            seen.add(gate.measure.text)
            yield (spec.line, spec.col), gate.measure.text, gate.measure.spec.least_turns


def disagree(values: Sequence[float]) -> bool:
    """Whether the scores of one case's repeats differ."""
    return len(values) > 1 and max(values) - min(values) > SAME


def agreed_labels(found: Sequence[Labels]) -> Labels:
    """The labels of a case from those of its repeats: the class that most gave, none in an even tie."""
    ranked = Counter(labels[1] for labels in found).most_common(2)
    tied = len(ranked) > 1 and ranked[0][1] == ranked[1][1]
    return (found[0][0], None if tied else ranked[0][0])
