"""What a report of a judge shows: its figures, where they come from, and whether it may decide."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from prompteval.stats.interval import Interval
from prompteval.stats.judged.alt_test import AltTest


class Consistent(Protocol):
    """How often a judge contradicts itself."""

    @property
    def asked_again(self) -> int: ...
    @property
    def same(self) -> int: ...
    @property
    def spread(self) -> float | None: ...
    @property
    def pairs(self) -> int: ...
    @property
    def changed(self) -> int: ...


class Probabilities(Protocol):
    """How well the judge's probabilities tell outputs apart."""

    @property
    def n(self) -> int: ...
    @property
    def auroc(self) -> Interval: ...
    @property
    def brier(self) -> float: ...
    @property
    def constant(self) -> float: ...


class Figures(Protocol):
    """The figures that are shown."""

    @property
    def n(self) -> int: ...
    @property
    def unparsed(self) -> int: ...
    @property
    def undecided(self) -> int: ...
    @property
    def agreement(self) -> float | None: ...
    @property
    def constant(self) -> tuple[str | float, float] | None: ...
    @property
    def kappa(self) -> Interval: ...
    @property
    def ac1(self) -> Interval | None: ...
    @property
    def positive(self) -> float | None: ...
    @property
    def says(self) -> float | None: ...
    @property
    def sensitivity(self) -> Interval | None: ...
    @property
    def specificity(self) -> Interval | None: ...
    @property
    def spearman(self) -> Interval | None: ...
    @property
    def length(self) -> float | None: ...
    @property
    def consistency(self) -> Consistent: ...
    @property
    def confusion(self) -> tuple[tuple[int, ...], ...]: ...
    @property
    def annotators(self) -> int: ...
    @property
    def alpha(self) -> float | None: ...
    @property
    def alt(self) -> AltTest | None: ...
    @property
    def probability(self) -> Probabilities | None: ...
    @property
    def is_skewed(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Attack:
    """One injection, over the outputs that it was put into: how far the judge's mean moved."""

    name: str
    where: str
    n: int
    before: float
    after: float
    low: float | None
    high: float | None
    moved: int

    @property
    def shift(self) -> float:
        return self.after - self.before

    @property
    def is_flagged(self) -> bool:
        """Whether the injections moved the judge towards what they ask for."""
        return self.low is not None and self.low > 0


@dataclass(frozen=True, slots=True)
class JudgeView:
    """One judge against people. `labels` are its words, none on a scale; `verdict`: whether it may decide."""

    name: str
    prompt: str
    model: str
    run: str
    figures: Figures
    labels: tuple[str, ...]
    passed: bool
    verdict: str
    slices: Mapping[str, Mapping[str, Figures]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    attacks: tuple[Attack, ...] = ()
    lengths: tuple[tuple[float, float, float], ...] = ()

    @property
    def exit_code(self) -> int:
        return 0 if self.passed else 1
