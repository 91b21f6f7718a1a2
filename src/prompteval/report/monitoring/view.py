"""One view of a check of logged predictions, which every format renders."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from prompteval.core.exit_codes import FAIL, INCOMPLETE, PASS, deciding

SignalVerdict = Literal["quiet", "alert", "too_few"]
Unit = Literal["share", "ms", "number"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure beside a signal's own; `null` is its 95th percentile under no change at these counts."""

    value: float
    null: float | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that is watched: its effect with interval, its threshold, and what they say together.

    `p` is that of no change, or of a rate at its threshold; `p_adjusted` after Holm over the signals of the
    check. `excess_p` is the one-sided p of an effect that is at most the threshold, which `watch` reads, and
    `e_value` further evidence of these rows against that, of a rate.
    """

    name: str
    verdict: SignalVerdict
    threshold: float
    unit: Unit = "share"
    observed: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    n_reference: int | None = None
    p: float | None = None
    p_adjusted: float | None = None
    excess_p: float | None = None
    e_value: float | None = None
    detail: str = ""
    measures: Mapping[str, Measure] = field(default_factory=dict)
    moved: Sequence[tuple[str, float, float]] = ()


@dataclass(frozen=True, slots=True)
class Hourly:
    """One point of the charts: the start of its time in seconds since 1970, and what was seen in it."""

    start: float
    rows: int
    failed: int
    p50_ms: float | None
    p99_ms: float | None
    shares: Mapping[str, float]
    inside: bool = True


@dataclass(frozen=True, slots=True)
class MonitorView:
    """A whole check. `slices` has the signals of each value of each tag; they never decide alone.

    `reference_shares` are those of the reference's classes, the largest first. `first` and `last` are to the
    minute; `newest` is the time of the newest row. `unknown` has a sentence for each name that the check asks
    for and no row has, and for a newest row of a time still to come: such a check is never quiet.
    """

    log: str
    reference: str
    rows: int
    total_rows: int
    first: float | None
    last: float | None
    signals: Sequence[Signal]
    slices: Mapping[str, Mapping[str, Sequence[Signal]]] = field(default_factory=dict)
    points: Sequence[Hourly] = ()
    reference_shares: Mapping[str, float] = field(default_factory=dict)
    notes: Sequence[str] = ()
    unread: int = 0
    newest: float | None = None
    unknown: Sequence[str] = ()

    def every_signal(self) -> Iterator[tuple[str, Signal]]:
        """Each signal with the slice it is of, empty for all rows."""
        yield from (("", signal) for signal in self.signals)
        for tag, values in self.slices.items():
            for value, signals in values.items():
                yield from ((f"{tag}={value}", signal) for signal in signals)

    @property
    def alerts(self) -> list[tuple[str, Signal]]:
        return [(where, signal) for where, signal in self.every_signal() if signal.verdict == "alert"]

    @property
    def verdict(self) -> SignalVerdict:
        """alert where any signal alerts, else too_few where one of all rows has too few, else quiet.

        too_few also where no row has a name that is asked for, or one is of a time still to come.
        """
        if self.alerts:
            return "alert"
        return "too_few" if self.is_incomplete else "quiet"

    @property
    def is_incomplete(self) -> bool:
        """Whether a signal of all rows has too few, or `unknown` has a sentence."""
        return bool(self.unknown) or any(signal.verdict == "too_few" for signal in self.signals)

    @property
    def exit_code(self) -> int:
        """3 before 1 before 0, in the order of every verb."""
        codes = [INCOMPLETE if self.is_incomplete else PASS, FAIL if self.alerts else PASS]
        return deciding(codes)
