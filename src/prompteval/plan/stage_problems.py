"""Metrics of a retrieval pipeline that its outputs or its depth cannot serve."""

from prompteval.core.problem import Problem
from prompteval.metrics.stage_names import is_stage_metric, parse_stage_metric
from prompteval.plan.measures import stage_metrics
from prompteval.plan.suite_plan import SuitePlan
from prompteval.rag.score.scorers import NEED_ABSTENTION


def stage_problems(plan: SuitePlan) -> list[Problem]:
    """Metrics of abstention over an output that cannot abstain; as warnings, cut-offs below the depth."""
    if plan.rag is None:
        return []
    metrics = stage_metrics(plan.measures, plan.gates)
    places = {
        str(parse_stage_metric(named.text)): (named.line, named.col)
        for named in (*plan.suite.metrics, *plan.suite.primary)
        if is_stage_metric(named.text)
    }
    found = []
    for metric in metrics:
        line, col = places.get(str(metric), (1, 1))
        if metric.measure in NEED_ABSTENTION and plan.rag.section.generating and _cannot_abstain(plan):
            message = f"{metric} reads whether an answer abstains, and the output of the prompt cannot say so"
            help = "add `abstain: <regex>` to the suite, or use the output Answer"
            found.append(Problem(plan.suite.path, line, col, "PE274", message, help))
        for message in plan.rag.beyond_depth([metric]):
            help = "set `depth` of the retriever"
            found.append(Problem(plan.suite.path, line, col, "PE275", message, help, "warning"))
    return found


def _cannot_abstain(plan: SuitePlan) -> bool:
    """Whether no version's output has the flag, and no pattern stands for it."""
    fields = [target.output_fields for target in plan.targets]
    return not plan.suite.abstain and any(known is None or "abstain" not in known for known in fields)
