"""Gate rules: texts such as `accuracy >= 0.85`, parsed, printed alike, and decided."""

import math
import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from prompteval.core.text import counted, refuse_long_name
from prompteval.core.verdict import Estimate, GateResult, Verdict

End = Literal["value", "low", "high"]
_RULE = re.compile(
    r"\s*+(?:slice\(\s*+(?P<tag>[^\s=()](?:[^=()]*[^\s=()])?)\s*+"
    r"(?:=\s*+(?P<wanted>[^\s()](?:[^()]*[^\s()])?)\s*+)?\)\s*+\.\s*+)?"
    r"(?P<metric>[a-z_][a-z0-9_.@^]*?(?:\([^()]*\)(?:@[0-9]+t?)?)?)"
    r"(?:\.(?P<end>low|high))?\s*"
    r"(?P<compare>>=|<=|>|<)\s*(?P<threshold>[-+0-9.eE%]+)\s*\Z"
)
COMPARISONS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
SMALLEST_SLICE = 30
# Facts about the run itself, gated like metrics, and what each is.
RUN_FACTS: Mapping[str, str] = {
    "errors": "How many cases have no output because the call failed.",
    "invalid": "How many outputs do not meet the schema, or were refused, truncated or filtered.",
    "coverage": "The share of all cases that gave an output.",
    "cost_usd": "What the run cost, in USD; without a value where a price is not known.",
}
# Their scales; above, only a share has an end.
FACT_LOW, FACT_HIGH = 0.0, {"coverage": 1.0}

Slices = Mapping[str, Mapping[str, Mapping[str, Estimate]]]


@dataclass(frozen=True, slots=True)
class ThresholdRule:
    """A threshold on a metric's value or interval end, over all cases or over slices of a tag."""

    metric: str
    end: End
    compare: str
    threshold: float
    tag: str | None = None
    wanted: str | None = None

    def __str__(self) -> str:
        where = ""
        if self.tag is not None:
            value = f"={self.wanted}" if self.wanted is not None else ""
            where = f"slice({self.tag}{value})."
        end = "" if self.end == "value" else f".{self.end}"
        return f"{where}{self.metric}{end} {self.compare} {self.threshold:g}"


def parse_gate(text: str) -> ThresholdRule:
    """A rule from its text. Raises ValueError for what cannot be read."""
    refuse_long_name("a rule", text)
    match = _RULE.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a rule; write `accuracy >= 0.85`, `accuracy.low >= 0.8`")
    try:
        threshold = float(match["threshold"])
    except ValueError:
        hint = "; write 0.85 for 85 %" if "%" in match["threshold"] else ""
        raise ValueError(f"{match['threshold']!r} is not a number{hint}") from None
    if not math.isfinite(threshold):
        raise ValueError(f"{match['threshold']} is out of range")
    end: End = match["end"] or "value"  # type: ignore[assignment]
    return ThresholdRule(match["metric"], end, match["compare"], threshold, match["tag"], match["wanted"])


def scale_error(rule: ThresholdRule, low: float | None, high: float | None) -> str:
    """What is wrong with a threshold that its metric never or always reaches; empty when nothing is (B9)."""
    if high is not None and rule.threshold > high:
        hint = f"; did you mean {rule.threshold / 100:g}?" if high == 1.0 and rule.threshold <= 100 else ""
        return f"{rule.metric} is at most {high:g}, {rule.threshold:g} can never be reached{hint}"
    if low is not None and rule.threshold < low:
        return f"{rule.metric} is at least {low:g}, so {rule.threshold:g} decides nothing"
    if rule.compare == ">=" and rule.threshold == low:
        return f"{rule.metric} is at least {low:g}, so >= {rule.threshold:g} decides nothing"
    if rule.compare == "<=" and rule.threshold == high:
        return f"{rule.metric} is at most {high:g}, so <= {rule.threshold:g} decides nothing"
    return ""


def decide(rule: ThresholdRule, estimates: Mapping[str, Estimate], slices: Slices) -> GateResult:
    """Decide a rule. A missing metric, slice or value never passes."""
    if rule.tag is None:
        return _decide_one(rule, estimates.get(rule.metric), "")
    values = slices.get(rule.tag, {})
    if rule.wanted is not None:
        found = values.get(rule.wanted, {})
        return _decide_one(rule, found.get(rule.metric), f" in {rule.tag}={rule.wanted}")
    return _decide_slices(rule, {name: found.get(rule.metric) for name, found in values.items()})


def _decide_one(rule: ThresholdRule, estimate: Estimate | None, where: str) -> GateResult:
    text = str(rule)
    if estimate is None:
        return GateResult(text, Verdict.FAIL, None, f"no value for {rule.metric}{where}")
    observed = _end(estimate, rule.end)
    if observed is None:
        reason = estimate.reason or "it has no value"
        return GateResult(text, Verdict.FAIL, None, f"{rule.metric}{where} is undefined: {reason}")
    passed = COMPARISONS[rule.compare](observed, rule.threshold)
    word = "meets" if passed else "misses"
    name = rule.metric if rule.end == "value" else f"{rule.metric}.{rule.end}"
    detail = f"{name} {observed:.4g}{where} {word} {rule.compare} {rule.threshold:g} (n = {estimate.n})"
    if passed and estimate.left_out:
        message = f"{detail}, but {counted(estimate.left_out, 'unusable output')} left out of it"
        return GateResult(text, Verdict.FAIL, observed, message)
    if passed and estimate.missing:
        message = f"{detail}, not decided: {counted(estimate.missing, 'case')} could not be scored"
        return GateResult(text, Verdict.INCONCLUSIVE, observed, message)
    if not estimate.gateable:
        return GateResult(text, Verdict.INCONCLUSIVE, observed, f"{detail}, not decided: {estimate.note}")
    return GateResult(text, Verdict.PASS if passed else Verdict.FAIL, observed, detail)


def _decide_slices(rule: ThresholdRule, values: Mapping[str, Estimate | None]) -> GateResult:
    """Every slice of a tag must meet the rule; small ones are named and do not decide."""
    text = str(rule)
    large = {name: e for name, e in values.items() if e is not None and e.n >= SMALLEST_SLICE}
    small = [f"{name} ({e.n if e else 0})" for name, e in sorted(values.items()) if name not in large]
    aside = f"; under {SMALLEST_SLICE} cases, not gated: {', '.join(small)}" if small else ""
    if not large:
        reason = f"no slice of {rule.tag} has {SMALLEST_SLICE} cases{aside}"
        return GateResult(text, Verdict.FAIL, None, reason)
    results = {name: _decide_one(rule, e, f" in {rule.tag}={name}") for name, e in sorted(large.items())}
    worst = Verdict.worst(result.verdict for result in results.values())
    upward = rule.compare in (">=", ">")
    deciding = [result for result in results.values() if result.verdict is worst]
    shown = min(deciding, key=lambda r: (r.observed is not None, (r.observed or 0) * (1 if upward else -1)))
    return GateResult(text, worst, shown.observed, f"{shown.detail}{aside}")


def _end(estimate: Estimate, end: End) -> float | None:
    if end == "low":
        return estimate.low
    return estimate.high if end == "high" else estimate.value
