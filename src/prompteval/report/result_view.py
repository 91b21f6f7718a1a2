"""What a run says of one suite, prompt and model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prompteval.core.verdict import Estimate, GateResult
from prompteval.report.rag_view import RagView
from prompteval.report.threshold_view import PrecisionRecallCurve


@dataclass(frozen=True, slots=True)
class ClassLine:
    """One class of a breakdown; support counts its expected cases."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class ReliabilityLine:
    """The cases whose confidence is in [low, high): their mean confidence and the share that came true.

    `share_low` and `share_high` are the share's 95 % interval; all None in an empty bin.
    """

    low: float
    high: float
    n: int
    confidence: float | None
    share: float | None
    share_low: float | None
    share_high: float | None


@dataclass(frozen=True, slots=True)
class ReliabilityTable:
    """The bins of one `reliability` metric, or none and why.

    `ece` is the expected calibration error over them, `null_high` its 95th percentile where
    every confidence is exactly true.
    """

    metric: str
    lines: tuple[ReliabilityLine, ...]
    ece: float | None
    null_high: float | None
    missing: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FlakyCase:
    """A case whose repeats got different scores of the first scorer.

    `scores` has one a repeat, in their order; None where that repeat could not be scored.
    """

    case_id: str
    scores: tuple[float | None, ...]

    @property
    def known(self) -> list[float]:
        """The scores that are there."""
        return [score for score in self.scores if score is not None]


@dataclass(frozen=True, slots=True)
class ResultView:
    """One (suite, prompt, model). scored + errors + invalid + skipped = total.

    passed + failed + errors + unscored = scored + errors + invalid, where a run counted verdicts.
    `error_kinds` counts the cases that ended in an error by its kind, such as `offline` or `timeout`.
    `other_models` are those that a server answered with, beside the one asked for. `allow_unscored` is
    the share of cases that a scorer may fail on, `unscored_reason` why it failed on the first, `unserved` a
    scorer that scored no case since none has what it reads, and why. `alias` is what the version was asked
    for by, empty for none.
    """

    suite: str
    prompt: str
    fingerprint: str
    model: str
    cases: Mapping[str, int]
    metrics: Mapping[str, Estimate]
    slices: Mapping[str, Mapping[str, Mapping[str, Estimate]]]
    references: Mapping[str, Mapping[str, Estimate]]
    gates: tuple[GateResult, ...]
    usage: Mapping[str, Any]
    timing: Mapping[str, Any]
    per_class: tuple[ClassLine, ...] = ()
    confusion: Mapping[str, Any] = field(default_factory=dict)
    reliability: tuple[ReliabilityTable, ...] = ()
    precision_recall: tuple[PrecisionRecallCurve, ...] = ()
    notes: tuple[str, ...] = ()
    errors_excluded: bool = False
    flaky: tuple[FlakyCase, ...] = ()
    stop_early: Mapping[str, Any] = field(default_factory=dict)
    rag: RagView | None = None
    other_models: tuple[str, ...] = ()
    allow_unscored: float = 0.0
    unscored_reason: str = ""
    unserved: str = ""
    error_kinds: Mapping[str, int] = field(default_factory=dict)
    alias: str = ""

    @property
    def not_run(self) -> int:
        """The cases that are left to be run."""
        return self.cases["skipped"] - self.saved

    @property
    def saved(self) -> int:
        """The cases that were not run because all was decided without them."""
        return int(self.stop_early["of"] - self.stop_early["cases"]) if self.stop_early else 0

    @property
    def title(self) -> str:
        """`suite  prompt@v2  model`, with the alias behind the version."""
        return f"{self.suite}  {self.shown_prompt}  {self.model}"

    @property
    def shown_prompt(self) -> str:
        """`prompt@v2`, and `prompt@v2 (production)` where it was asked for by an alias."""
        return f"{self.prompt} ({self.alias})" if self.alias else self.prompt
