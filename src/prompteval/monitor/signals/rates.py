"""Errors and latency: rates against a threshold, percentiles against a limit, and error budgets."""

from collections.abc import Mapping
from dataclasses import replace

from prompteval.monitor.groups import ClusterGroups
from prompteval.monitor.signals.words import percent
from prompteval.monitor.tally import Tally
from prompteval.report.monitoring.view import Measure, Signal, SignalVerdict
from prompteval.stats.drift.burn import BURN_ALPHA, Burn, burn_rates
from prompteval.stats.drift.looks import rate_e_value
from prompteval.stats.drift.rates import (
    FEWEST_FAILURES,
    detectable_rate,
    effective,
    failures_to_alert,
    rate_can_show,
    rate_test,
    weighted_percentile,
)
from prompteval.stats.drift.shares import POWER

QUANTILES = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}
Budget = Mapping[int, tuple[int, int]]


def error_signal(window: Tally, reference: Tally | None, rate: float, groups: ClusterGroups | None) -> Signal:
    """The share of calls that failed, by the exact binomial test against the rate that is allowed."""
    n = window.rows
    base = Signal("errors", "too_few", rate, n=n, n_reference=None if reference is None else reference.rows)
    if not n:
        return replace(base, detail="no row in the window")
    design = groups.design_effect("failed", "True") if groups is not None else 1.0
    test = rate_test(window.failed, n, rate, design=design)
    found = replace(
        base,
        observed=test.observed,
        low=test.low,
        high=test.high,
        p=test.p,
        excess_p=test.p if test.failures >= FEWEST_FAILURES else 1.0,
        e_value=rate_e_value(*effective(window.failed, n, design if rate > 0.0 else 1.0), rate),
        measures={} if reference is None or not reference.rows else _before(reference),
    )
    words = f"{window.failed:,} of {n:,} calls failed, {percent(test.observed)}"
    if rate <= 0.0:
        return _none_may_fail(found, window.failed, words)
    if not rate_can_show(n, rate):
        return replace(found, detail=f"{n:,} rows cannot show a rate over {percent(rate)}; {words}")
    least = detectable_rate(n, rate, POWER)
    ability = f"{failures_to_alert(n, rate):,} failures alert"
    if least is not None:
        ability += f", a rate of {percent(least)} with 80 % probability"
    verdict: SignalVerdict = "alert" if test.above(rate) else "quiet"
    return replace(found, verdict=verdict, detail=f"{words}; {ability}")


def _none_may_fail(found: Signal, failed: int, words: str) -> Signal:
    """The signal of a rate of 0, which one failure is above, of any number of rows."""
    p = 0.0 if failed else 1.0
    verdict: SignalVerdict = "alert" if failed else "quiet"
    return replace(found, verdict=verdict, p=p, excess_p=p, detail=f"{words}; a rate of 0 allows none")


def _before(reference: Tally) -> dict[str, Measure]:
    return {"reference": Measure(reference.failed / reference.rows)}


def percentile_signal(window: Tally, key: str, limit: float, groups: ClusterGroups | None) -> Signal:
    """A percentile of the latency between order statistics, and the binomial test of rows over the limit."""
    q = QUANTILES[key]
    side = window.latency.weighted()
    interval = weighted_percentile(side, q)
    over = window.slow[limit]
    base = Signal(f"latency.{key}", "too_few", limit, "ms", n=side.n)
    if interval.value is None:
        return replace(base, detail="no row in the window")
    design = groups.design_effect(f"slow {limit:g}", "True") if groups is not None else 1.0
    test = rate_test(over, side.n, 1.0 - q, design=design)
    grid = "; latencies are rounded to a part in 2,048" if window.latency.rounded else ""
    words = f"{over:,} of {side.n:,} rows take over {limit:g} ms{grid}"
    found = replace(
        base,
        observed=interval.value,
        low=interval.low,
        high=interval.high,
        p=test.p,
        excess_p=test.p if over >= FEWEST_FAILURES else 1.0,
        e_value=rate_e_value(*effective(over, side.n, design), 1.0 - q),
        detail=words,
    )
    if not rate_can_show(side.n, 1.0 - q):
        return replace(found, detail=f"{side.n:,} rows cannot show a percentile over {limit:g} ms; {words}")
    if not test.above(1.0 - q):
        return replace(found, verdict="quiet", low=_at_most(interval.low, limit))
    return replace(found, verdict="alert")


def _at_most(low: float | None, limit: float) -> float | None:
    """The lower end where the exact test does not alert: not beyond the limit, so that both say the same."""
    return None if low is None else min(low, limit)


def burn_signal(name: str, counts: Budget, now: float, budget: float, what: str) -> Signal:
    """How fast an error budget burns, over three pairs of windows that end at the log's last row."""
    burns = burn_rates(counts, now, budget, 60)
    known = [burn for burn in burns if burn.long is not None]
    base = Signal(name, "too_few", 1.0, "number", n=max((burn.n for burn in burns), default=0))
    if not known:
        return replace(base, detail="no row in the last three days")
    measures = {
        f"burn {burn.window.rate:g} over {_duration(seconds)}": Measure(value)
        for burn in known
        for seconds, value in ((burn.window.long_s, burn.long), (burn.window.short_s, burn.short))
        if value is not None
    }
    alerting = [burn for burn in burns if burn.alerts(BURN_ALPHA)]
    shown = alerting[0] if alerting else max(known, key=_pressure)
    found = replace(
        base,
        threshold=shown.window.rate,
        observed=shown.long,
        n=shown.n,
        p=shown.p,
        excess_p=shown.p if alerting else 1.0,
        measures=measures,
        detail=_burn_words(shown, budget, what),
    )
    tested = rate_test(shown.failures, shown.n, budget)
    found = replace(found, low=tested.low / budget, high=tested.high / budget)
    if not any(rate_can_show(burn.n, budget) for burn in burns):
        return replace(found, detail=f"{shown.n:,} rows cannot show a burn; {found.detail}")
    return replace(found, verdict="alert" if alerting else "quiet")


def _pressure(burn: Burn) -> tuple[float, int]:
    """How near a burn is to its alert; of equal ones the longest window is shown."""
    return (burn.long or 0.0) / burn.window.rate, burn.window.long_s


def _burn_words(burn: Burn, budget: float, what: str) -> str:
    short = "no row" if burn.short is None else f"{burn.short:.2f}"
    return (
        f"the budget of {percent(budget)} {what} burns at {burn.long or 0.0:.2f} over "
        f"{_duration(burn.window.long_s)} and {short} over {_duration(burn.window.short_s)}, "
        f"alert at {burn.window.rate:g}"
    )


def _duration(seconds: int) -> str:
    return f"{seconds // 3600} h" if seconds >= 3600 else f"{seconds // 60} min"
