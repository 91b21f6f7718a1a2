"""What each gate asks, and which gates cannot be decided before the last case."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prompteval.analysis.early.case_order import CaseOrder
from prompteval.metrics.columns import Columns
from prompteval.plan.gates import PlannedRule
from prompteval.plan.jobs import Job
from prompteval.stats.gate import SMALLEST_SLICE, ThresholdRule
from prompteval.stats.sequential import Method
from prompteval.stats.sequential.decide import Scale

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GateQuantity:
    """One number that a gate asks about: over all cases, or over those of one slice."""

    gate: int
    value: str | None
    cases: int


def is_test(gate: PlannedRule) -> bool:
    return not isinstance(gate.rule, ThresholdRule) or gate.rule.end != "value"


def gate_quantities(job: Job, order: CaseOrder) -> Iterator[GateQuantity]:
    for number, gate in enumerate(job.plan.gates):
        if not isinstance(gate.rule, ThresholdRule) or gate.rule.tag is None:
            yield GateQuantity(number, None, order.cases[-1])
        else:
            for value, cases in _slices(gate.rule.tag, gate.rule.wanted, order.values).items():
                yield GateQuantity(number, value, cases)


def _slices(tag: str, wanted: str | None, values: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """The values of a tag that a rule decides on, with their cases: the one it names, or all large ones."""
    of_tag = {value: count for (name, value), count in sorted(values.items()) if name == tag}
    if wanted is not None:
        return {wanted: of_tag[wanted]} if wanted in of_tag else {}
    return {value: count for value, count in of_tag.items() if count >= SMALLEST_SLICE}


def obstacle(gate: PlannedRule, order: CaseOrder, method: Method) -> str:
    """Why a gate cannot be decided before the last case; empty where it can."""
    if gate.measure is None:
        return f"{gate.rule} is about the whole run"
    if gate.measure.spec.kind not in ("proportion", "mean"):
        return f"{gate.rule} reads no mean over cases"
    if order.clustered:
        return "cases come in clusters"
    if not isinstance(gate.rule, ThresholdRule):
        return ""
    open_scale = gate.measure.spec.per_case is not None and None in (
        gate.measure.spec.low,
        gate.measure.spec.high,
    )
    if open_scale and (gate.rule.end == "value" or method == "always-valid"):
        return f"{gate.rule} has no bounds"
    if gate.rule.tag is not None and not _slices(gate.rule.tag, gate.rule.wanted, order.values):
        return f"{gate.rule} has no slice of {SMALLEST_SLICE} cases"
    return ""


def scores(gate: PlannedRule, found: Columns) -> tuple[Floats, Scale]:
    """What the metric averages, and the scale it is on: an open one where a score lies off its own."""
    spec = gate.metric.spec
    if spec.kind == "proportion":
        return found.values, Scale(binary=not found.repeated)
    if spec.per_case is None:
        values, low, high = found.values, found.low, found.high
    else:
        values, low, high = spec.per_case(found), spec.low, spec.high
    if low is not None and high is not None and ((values < low) | (values > high)).any():
        low = high = None
    return values, Scale(low, high)
