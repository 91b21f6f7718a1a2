"""The verdict: Holm over the family, then four steps in order, and the sentence that says it.

It blocks only when test and interval both say worse and the drop matters; it says `not_worse`
only when a drop that matters is ruled out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from prompteval.core.verdict import Comparison, ComparisonVerdict
from prompteval.stats.paired.permutation import TIE
from prompteval.stats.paired.power import cases_needed, detectable_effect
from prompteval.stats.paired.values import ALPHA

MIN_EFFECT = 0.02


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """What decides one metric, in its own units. `margin` is `min_effect` where it is None."""

    alpha: float = ALPHA
    min_effect: float = MIN_EFFECT
    margin: float | None = None
    higher_is_better: bool = True
    in_points: bool = True

    @property
    def worse_by(self) -> float:
        """The drop that must be ruled out."""
        return self.min_effect if self.margin is None else self.margin


def holm(values: Sequence[float]) -> list[float]:
    """Adjusted p values in the order given (Holm 1979); they never fall below the raw ones."""
    order = sorted(range(len(values)), key=lambda index: values[index])
    adjusted, reached = [0.0] * len(values), 0.0
    for place, index in enumerate(order):
        reached = max(reached, min(values[index] * (len(values) - place), 1.0))
        adjusted[index] = reached
    return adjusted


def decide(comparisons: Sequence[Comparison], rules: Sequence[DecisionRule]) -> list[Comparison]:
    """The comparisons with adjusted p, verdict, detectable effect and sentence; one family for Holm.

    What cannot be compared or may not decide is `inconclusive`. What would pass and has missing
    cases is `incomplete`. Raises ValueError where the two sequences differ in length.
    """
    tested = [found.p for found in comparisons if found.p is not None]
    adjusted = iter(holm(tested))
    decided = []
    for found, rule in zip(comparisons, rules, strict=True):
        p = next(adjusted) if found.p is not None else None
        least = detectable_effect(found, alpha=rule.alpha / max(len(tested), 1), min_effect=rule.min_effect)
        with_p = replace(found, p_adjusted=p, mde=least)
        verdict = _verdict(with_p, rule)
        decided.append(replace(with_p, verdict=verdict, detail=_sentence(with_p, rule, verdict)))
    return decided


def _verdict(found: Comparison, rule: DecisionRule) -> ComparisonVerdict:
    gain = found.delta if rule.higher_is_better else _negated(found.delta)
    ends = (found.low, found.high) if rule.higher_is_better else (_negated(found.high), _negated(found.low))
    low, high = ends
    if gain is None or found.p_adjusted is None or low is None or high is None or found.undecidable:
        return ComparisonVerdict.INCONCLUSIVE
    significant = found.p_adjusted <= rule.alpha
    if significant and high < 0 and -gain >= rule.min_effect - TIE:
        return ComparisonVerdict.REGRESSED
    better = significant and low > 0
    if not better and low <= -rule.worse_by:
        return ComparisonVerdict.INCONCLUSIVE
    if found.missing:  # what could not be scored never passes
        return ComparisonVerdict.INCOMPLETE
    return ComparisonVerdict.IMPROVED if better else ComparisonVerdict.NOT_WORSE


def _negated(value: float | None) -> float | None:
    return None if value is None else -value


def _sentence(found: Comparison, rule: DecisionRule, verdict: ComparisonVerdict) -> str:
    """One sentence that a reviewer can paste."""
    if found.delta is None or found.a is None or found.b is None:
        return f"{found.metric} cannot be compared: {found.reason}"
    size = _size(abs(found.delta), rule)
    moved = "did not change" if found.delta == 0 else f"{'rose' if found.delta > 0 else 'fell'} by {size}"
    parts = [f"{found.a:.4g} to {found.b:.4g}"]
    if found.low is not None and found.high is not None:
        parts.append(f"95 % interval {_signed(found.low, rule)} to {_signed(found.high, rule)}")
    if found.p_adjusted is not None:
        parts.append(f"p = {found.p_adjusted:.2g}")
    cases = f"{found.pairs:,} case{'s' if found.pairs > 1 else ''}"
    sentences = [f"{found.metric} {moved} ({', '.join(parts)}, {cases})"]
    if found.reason or found.undecidable:
        sentences.append(f"not decided: {found.reason or found.undecidable}")
    elif verdict is ComparisonVerdict.INCONCLUSIVE:
        sentences.append(_doubt(found, rule))
    if found.missing:
        sentences.append(f"{found.missing:,} missing")
    return "; ".join([*sentences, found.note] if found.note else sentences)


def _doubt(found: Comparison, rule: DecisionRule) -> str:
    """What inconclusive cases can and cannot say."""
    worst = found.low if rule.higher_is_better else found.high
    word = "drop" if rule.higher_is_better else "rise"
    if worst is None:
        return f"no {word} can be ruled out"
    message = f"a {word} of at most {_size(abs(worst), rule)} cannot be ruled out"
    more = cases_needed(found, rule.worse_by)
    if more is None:
        return message
    return f"{message}; about {_rounded(more):,} more cases to rule out {_size(rule.worse_by, rule)}"


def _size(value: float, rule: DecisionRule) -> str:
    return f"{100 * value:.1f} points" if rule.in_points else f"{value:.3g}"


def _signed(value: float, rule: DecisionRule) -> str:
    return f"{100 * value:+.1f}" if rule.in_points else f"{value:+.3g}"


def _rounded(count: int) -> int:
    """Two leading digits are as much as an estimate can bear."""
    unit = int(10 ** max(len(str(count)) - 2, 0))
    return -(-count // unit) * unit
