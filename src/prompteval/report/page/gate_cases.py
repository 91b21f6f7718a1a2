"""Which cases a gate rests on: the filters under which the page lists them."""

from prompteval.core.verdict import GateResult
from prompteval.metrics.names import parse_metric
from prompteval.metrics.spent import MEANS, TIMES
from prompteval.stats.gate import parse_gate

NOT_PASSED = "fail,error,unscored"


def gate_filters(gate: GateResult) -> dict[str, str]:
    """The filters of the cases that speak against a gate; of a latency the slowest come first.

    Against a baseline they are those that broke since.
    """
    if gate.broken:
        return {"flip": "broken"}
    try:
        rule = parse_gate(gate.rule)
    except ValueError:  # it compares with a baseline or another version
        return {"verdict": NOT_PASSED}
    of_slice = {} if rule.tag is None or rule.wanted is None else {"tag": f"{rule.tag}={rule.wanted}"}
    spent = rule.metric.partition(".")[0]
    if spent in TIMES:
        return {"sort": "slowest", **of_slice}
    if spent in MEANS:
        return of_slice
    found = {"verdict": "error" if rule.metric in ("errors", "coverage") else NOT_PASSED}
    if rule.metric == "invalid":
        found = {"outcome": "invalid,refused,truncated,filtered"}
    scorer = _scorer(rule.metric)
    return {**found, **of_slice, **({"scorer": scorer} if scorer else {})}


def _scorer(metric: str) -> str:
    """The scorer that a metric names; empty without one."""
    try:
        return parse_metric(metric).params.get("scorer", "")
    except ValueError:
        return ""
