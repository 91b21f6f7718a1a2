"""How the jobs of a run may stop early."""

from collections.abc import Sequence
from dataclasses import replace

from prompteval.engine.early.ask import is_test, obstacle, questions
from prompteval.engine.early.decide import Early
from prompteval.engine.early.order import make_order
from prompteval.engine.jobs import Job
from prompteval.stats.gate import GateRule
from prompteval.stats.sequential import Method
from prompteval.stats.sequential.settle import Way


def plan_early(jobs: Sequence[Job], method: Method) -> list[Early]:
    """How each job may stop, in the same order; the tests of all of them share one alpha."""
    found = []
    for job in jobs:
        tags = {gate.rule.tag for gate in job.plan.gates if isinstance(gate.rule, GateRule)}
        order = make_order(job, Way(method), frozenset(tag for tag in tags if tag is not None))
        early = Early(job, order, Way(method))
        obstacles = [told for gate in job.plan.gates if (told := obstacle(gate, order, method))]
        early.obstacle = "no gate is set" if not job.plan.gates else obstacles[0] if obstacles else ""
        if not early.obstacle:
            early.questions = tuple(questions(job, order))
        found.append(early)
    tests = sum(is_test(early.job.plan.gates[q.gate]) for early in found for q in early.questions)
    for early in found:
        early.way = replace(early.way, tests=max(tests, 1))
    return found
