"""Looks at a log again and again: evidence over looks, alerts that start and end, and a state for a restart.

A look reads the rows that no look has used. A signal's one-sided p of "the effect is at most the threshold"
becomes an e-value, and the e-values add up (`stats.drift.looks`), so that the mean time between false alarms
is what was set however long it watches. Error budgets and feedback read rows that earlier looks read too:
budgets have long windows, and labels come late. They alert by their own rule at each look.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from prompteval.monitor.check import checked, still_to_come
from prompteval.monitor.check_signals import reading_of
from prompteval.monitor.config import MonitorConfig
from prompteval.monitor.reference import FindWorkspace, Reference
from prompteval.monitor.state import SignalState, WatchState
from prompteval.plan.monitor_file import WatchFile
from prompteval.report.monitoring.json import signal_json
from prompteval.report.monitoring.view import MonitorView, Signal
from prompteval.stats.drift.burn import LONGEST_S
from prompteval.stats.drift.looks import alarms, e_value, next_evidence

EVENT_SCHEMA = "prompteval/monitor-event@1"
# They read more than the new rows: three days, and every row whose label has come.
OWN_RULE = ("latency.slo", "errors.budget", "feedback")
# Looks after which rows that are too few for a signal are used all the same, by the others.
MOST_WAITING = 12
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Look:
    """One look: the check of its rows (None without a new row), the state after it, what began and ended."""

    view: MonitorView | None
    state: WatchState
    notices: tuple[Mapping[str, object], ...] = ()

    @property
    def unread(self) -> list[str]:
        """A sentence for each signal that no row has a value for, and each slice or cluster no row has."""
        if self.view is None:
            return []
        few = [one for one in self.view.signals if one.verdict == "too_few" and one.n == 0]
        return [*(f"{one.name}: {one.detail}" for one in few if one.name not in OWN_RULE), *self.view.unknown]


def look(
    log: str, reference: Reference | None, config: MonitorConfig, workspace: FindWorkspace, state: WatchState
) -> Look:
    """One look at the rows after those that the state has used. Raises UsageError as a check does."""
    since = None if state.read_until is None else state.read_until + 0.0005  # times are to the millisecond
    oldest = None if since is None else since - LONGEST_S - 3_600.0
    view = checked(log, replace(reading_of(config), since=since, oldest=oldest), reference, config, workspace)
    state = replace(state, looks=state.looks + 1)
    if not view.rows or view.newest is None:
        return Look(None, state)
    named = {_name(where, signal): (where, signal) for where, signal in view.every_signal()}
    evidential = [name for name, (_, signal) in named.items() if signal.name not in OWN_RULE]
    few = any(signal.verdict == "too_few" for signal in view.signals if signal.name not in OWN_RULE)
    waits = few and state.waiting < MOST_WAITING
    watch, now = config.file.watch, view.newest
    looks = max(watch.false_alarm_days * DAY_S / watch.every_s, 1.0)
    signals, notices = dict(state.signals), []
    for name, (where, signal) in (named | _without_rows(state, named)).items():
        before = signals.get(name, SignalState())
        if signal.name in OWN_RULE:
            after = _own_rule(before, signal, watch, now)
        elif waits or signal.verdict == "too_few":
            continue
        else:
            after = _evidence(before, signal, watch, (looks, len(evidential), now))
        signals[name] = after
        if (before.alerting_since is None) != (after.alerting_since is None):
            notices.append(_notice(where, signal, before, after, view, now))
    state = replace(state, signals=signals, pending=(*state.pending, *notices))
    state = replace(state, waiting=state.waiting + 1) if waits else replace(state, waiting=0, read_until=now)
    return Look(view, state, tuple(notices))


def ahead_of(state: WatchState, now: float) -> str:
    """Why rows of now are not looked at: one that was read is of a time still to come. Empty otherwise."""
    ahead = still_to_come(state.read_until, now)
    return ahead and f"{ahead}, and rows before it count as read"


def _name(where: str, signal: Signal) -> str:
    """The name of a signal in state and lines: that of a slice with its tag and value, as in a check."""
    return f"{where}: {signal.name}" if where else signal.name


def _without_rows(
    state: WatchState, named: Mapping[str, tuple[str, Signal]]
) -> dict[str, tuple[str, Signal]]:
    """The slices that alert and have no row in this look, quiet: a value that has disappeared is clear."""
    found = {}
    for name in state.alerting:
        where, _, own = name.rpartition(": ")
        if where and name not in named and own in named:
            signal = Signal(own, "quiet", named[own][1].threshold, observed=0.0, detail="no row of the slice")
            found[name] = (where, signal)
    return found


def _evidence(
    before: SignalState, signal: Signal, watch: WatchFile, setting: tuple[float, int, float]
) -> SignalState:
    """The evidence after one look; an alert starts where it suffices, and ends after looks that are clear."""
    looks, family, now = setting
    if before.alerting_since is not None:
        return _ending(before, signal, watch)
    evidence = next_evidence(before.evidence, evidence_of(signal))
    if alarms(evidence, looks, family):
        return SignalState(alerting_since=now)
    return SignalState(evidence=evidence)


def evidence_of(signal: Signal) -> float:
    """The e-value of one look: that of the signal's p, and of a rate the mean of it and the rate's own."""
    found = e_value(1.0 if signal.excess_p is None else min(signal.excess_p, 1.0))
    return found if signal.e_value is None else (found + signal.e_value) / 2.0


def _own_rule(before: SignalState, signal: Signal, watch: WatchFile, now: float) -> SignalState:
    if before.alerting_since is not None:
        return _ending(before, signal, watch)
    return SignalState(alerting_since=now) if signal.verdict == "alert" else before


def _ending(before: SignalState, signal: Signal, watch: WatchFile) -> SignalState:
    """An alert after one look more: it ends once enough looks in a row are clearly below the threshold."""
    observed = signal.observed
    is_clear = observed is not None and observed <= watch.clear_below * signal.threshold
    if not is_clear or signal.verdict != "quiet":
        return replace(before, clear=0)
    if before.clear + 1 >= watch.clear_after:
        return SignalState()
    return replace(before, clear=before.clear + 1)


def _notice(
    where: str, signal: Signal, before: SignalState, after: SignalState, view: MonitorView, now: float
) -> Mapping[str, object]:
    """What is sent: the signal as in a check's JSON, what happened to it, and when."""
    start = after.alerting_since is not None
    return {
        "schema": EVENT_SCHEMA,
        "event": "start" if start else "end",
        "signal": signal.name,
        "slice": where or None,
        "time": now,
        "since": after.alerting_since if start else before.alerting_since,
        "log": view.log,
        "reference": view.reference or None,
        **signal_json(signal),
    }


def look_lines(found: Look) -> Iterator[str]:
    """What a look saw, one line for each thing that began or ended, and one in all."""
    for notice in found.notices:
        where = f"{notice['slice']}: " if notice["slice"] else ""
        yield f"alert {notice['event']}: {where}{notice['signal']}: {notice['detail']}"
    if found.view is None:
        yield f"look {found.state.looks:,}: no new row"
        return
    yield from (f"note: {words}" for words in found.unread)
    alerting = found.state.alerting
    quiet = "too few" if found.unread else "quiet"
    word = f"alerting: {', '.join(alerting)}" if alerting else quiet
    waiting = ", waiting for more rows" if found.state.waiting else ""
    yield f"look {found.state.looks:,}: {found.view.rows:,} rows, {word}{waiting}"


def false_alarm_words(watch: WatchFile) -> str:
    """What the looks were set for, in one sentence."""
    looks = watch.false_alarm_days * DAY_S / watch.every_s
    return (
        f"a look every {watch.every_s:g} s; one false alarm in {watch.false_alarm_days:g} days or fewer "
        f"({looks:,.0f} looks), over all signals"
    )
