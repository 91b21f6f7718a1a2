"""Numbers with their doubt, and the one value that decides the printed word and the exit code."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """How a gate, a suite or a run ended."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    INCOMPLETE = "incomplete"

    @staticmethod
    def worst(verdicts: Iterable["Verdict"]) -> "Verdict":
        """The one that decides: incomplete, then fail, then inconclusive, then pass.

        Pass when there is none.
        """
        order = [Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL, Verdict.INCOMPLETE]
        return max(verdicts, key=order.index, default=Verdict.PASS)

    def exit_code(self, *, inconclusive_fails: bool = False) -> int:
        """0 pass, 1 fail, 3 incomplete; inconclusive is 0, or 4 when asked to fail on it."""
        if self is Verdict.INCONCLUSIVE:
            return 4 if inconclusive_fails else 0
        return {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.INCOMPLETE: 3}[self]


@dataclass(frozen=True, slots=True)
class Estimate:
    """One metric over cases, with a 95 % interval.

    `value`, `low`, `high` are None when undefined, and `reason` says why. `n` counts the cases
    that entered, `missing` those that should have and could not, `left_out` unusable outputs that
    have no place in an unbounded metric. `method` names the interval. `gateable` is False where
    the value is shown and may not decide, with `note` saying why. `null_high` is the 95th
    percentile of the metric where the system is perfect, for a metric that is shown beside it.
    `repeated` counts the cases that ran more than once, `stable` those of them whose repeats all
    got one score.
    """

    metric: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    missing: int = 0
    method: str = ""
    reason: str = ""
    gateable: bool = True
    note: str = ""
    left_out: int = 0
    null_high: float | None = None
    stable: int = 0
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class GateResult:
    """One rule of a gate, decided. `detail` is one sentence a reviewer can read.

    `without_errors` is what the rule says of the cases that did not end in an error, inconclusive where
    they cannot say; None where none did, or where the rule compares. `broken` are the cases that passed in
    the baseline and do not now, of a rule that compares with it.
    """

    rule: str
    verdict: Verdict
    observed: float | None
    detail: str = ""
    without_errors: Verdict | None = None
    broken: tuple[str, ...] = ()


class ComparisonVerdict(Enum):
    """How one metric, one suite or a whole comparison of B against A ended."""

    IMPROVED = "improved"
    NOT_WORSE = "not_worse"
    INCONCLUSIVE = "inconclusive"
    REGRESSED = "regressed"
    INCOMPLETE = "incomplete"

    @staticmethod
    def of_all(verdicts: Iterable["ComparisonVerdict"]) -> "ComparisonVerdict":
        """The one that decides: incomplete, regressed, inconclusive; improved where one is and none is
        worse; else not_worse, also when there is none."""
        found = set(verdicts)
        for verdict in (
            ComparisonVerdict.INCOMPLETE,
            ComparisonVerdict.REGRESSED,
            ComparisonVerdict.INCONCLUSIVE,
            ComparisonVerdict.IMPROVED,
        ):
            if verdict in found:
                return verdict
        return ComparisonVerdict.NOT_WORSE

    def exit_code(self, *, inconclusive_fails: bool = False) -> int:
        """0, but 1 for a regression, 3 for what is incomplete, and 4 for doubt when asked to fail on it."""
        if self is ComparisonVerdict.INCONCLUSIVE:
            return 4 if inconclusive_fails else 0
        return {ComparisonVerdict.REGRESSED: 1, ComparisonVerdict.INCOMPLETE: 3}.get(self, 0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One metric of B against A over the same cases.

    `delta` is b - a with its unadjusted 95 % interval `low`, `high`; None when undefined, and
    `reason` says why. `p` is two-sided, `p_adjusted` after Holm over the family that decides
    together, `p_exact` beside a mid-p test. `mde` is the smallest drop that the whole rule finds
    with 80 % power. `pairs` counts the cases, `missing` those that one side could not score,
    `clusters` what they share where they do. `undecidable` says why numbers that are shown may
    not decide, `note` what else to know.

    What `mde` rests on: `discordant` pairs of a yes-or-no score; else `spread`, the standard
    error of the difference, `half`, half the interval before it was extended to 0, and `step`,
    the size of a typical difference of bounded scores (sum of squares over sum of absolute values).
    """

    metric: str
    pairs: int
    a: float | None = None
    b: float | None = None
    delta: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    p_exact: float | None = None
    test: str = ""
    method: str = ""
    mde: float | None = None
    verdict: ComparisonVerdict = ComparisonVerdict.INCONCLUSIVE
    reason: str = ""
    detail: str = ""
    missing: int = 0
    discordant: int | None = None
    clusters: int | None = None
    spread: float | None = None
    half: float | None = None
    step: float | None = None
    undecidable: str = ""
    note: str = ""
