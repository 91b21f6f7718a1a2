"""One check: a log's window beside a reference, signal by signal, and one verdict."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from prompteval.core.errors import UsageError
from prompteval.core.prediction import written_time
from prompteval.core.problem import did_you_mean
from prompteval.monitor.config import MonitorConfig
from prompteval.monitor.fields import Reading
from prompteval.monitor.labels import LabelledRows, labelled_rows
from prompteval.monitor.log_files import log_parts
from prompteval.monitor.names import no_field, no_name
from prompteval.monitor.read_log import problem_lines, read_log, window_of
from prompteval.monitor.reference import FindWorkspace, Reference, is_log, load_reference
from prompteval.monitor.scan import LogSummary
from prompteval.monitor.signals.feedback import feedback_signal, with_estimate
from prompteval.monitor.signals.inputs import embedding_signal, language_signal, number_signal, word_signal
from prompteval.monitor.signals.predictions import Groups, share_signal
from prompteval.monitor.signals.rates import burn_signal, error_signal, percentile_signal
from prompteval.monitor.sketch import NumberSketch
from prompteval.monitor.tally import Tally
from prompteval.monitor.texts import detect_language, embedder
from prompteval.plan.monitor_file import PERCENTILES, LatencyFile
from prompteval.report.monitoring.view import Hourly, MonitorView, Signal
from prompteval.stats.paired.decision import holm

ALPHA = 0.05
# Clocks of machines differ by less.
AHEAD_S = 3_600.0
# Points of the charts; hours are joined until there are no more.
MOST_POINTS = 96
_CHARTED = 8


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows of a log are checked: those of its last seconds, or its last rows; all without either."""

    seconds: float | None = None
    last: int | None = None


def check_log(
    log: str,
    reference: str | None,
    config: MonitorConfig,
    workspace: FindWorkspace,
    window: Window | None = None,
) -> MonitorView:
    """Check a log. Raises UsageError where it, the reference, or what a signal needs is not there."""
    window = window or Window()
    if reference is not None and window == Window():
        _refuse_itself(log, reference)
    reading = window_of(log, reading_of(config), seconds=window.seconds, last=window.last)
    found = reference_of(reference, reading, config, workspace)
    view = checked(log, reading, found, config, workspace)
    ahead = still_to_come(view.newest, time.time())
    if not ahead:
        return view
    sentence = f"{ahead}, and windows end with it; correct such rows"
    return replace(view, notes=[*view.notes, sentence], unknown=[*view.unknown, sentence])


def still_to_come(newest: float | None, now: float) -> str:
    """That the newest row is of a time still to come, as half a sentence; empty where it is not."""
    if newest is None or newest <= now + AHEAD_S:
        return ""
    return f"the newest row is of {written_time(newest)}, which is still to come here"


def _refuse_itself(log: str, reference: str) -> None:
    """Raise UsageError for a whole log beside itself: it would be quiet for any rows."""
    if is_log(reference) and _files(log) == _files(reference):
        raise UsageError(
            f"the reference {reference} is the log itself, and nothing of it can differ",
            "name an earlier log or a run, or compare a part of it by --window or --last",
        )


def _files(log: str) -> set[str]:
    return {str(part.resolve() if isinstance(part, Path) else part) for part in log_parts(log)}


def reference_of(
    name: str | None, reading: Reading, config: MonitorConfig, workspace: FindWorkspace
) -> Reference | None:
    """The reference of a check, None where no signal needs one. Raises UsageError where one is missing."""
    if name is None and config.needs_reference:
        raise UsageError(
            "nothing to compare the log with", "name it: --reference RUN, baseline, or an earlier log"
        )
    if name is None:
        return None
    labels = config.signals.feedback is not None
    return load_reference(name, reading, workspace, suite=config.file.suite, labels=labels)


def checked(
    log: str, reading: Reading, reference: Reference | None, config: MonitorConfig, workspace: FindWorkspace
) -> MonitorView:
    """Check the rows that a reading asks for. Raises UsageError as `check_log`."""
    summary = read_log(log, reading)
    if not summary.window.rows:
        _refuse_other_prompt(summary, config.file.prompt)
    labelled = LabelledRows()
    if config.signals.feedback is not None:  # labels come late: a watch reads those of earlier rows too
        since = reading.since if reading.oldest is None else reading.oldest
        labelled = labelled_rows(log, replace(reading, since=since))
    signals = list(_signals(config, reference, summary, labelled, workspace))
    slices = _slices(config, reference, summary)
    signals, slices = adjusted(signals, slices)
    return _view(log, reading, summary, reference, signals, slices)


def reading_of(config: MonitorConfig) -> Reading:
    """What the signals of a configuration read of each row."""
    signals = config.signals
    latency = signals.latency
    limits = () if latency is None else tuple(limit for _, limit in limits_of(latency))
    return Reading(
        field=signals.predictions.field if signals.predictions is not None else "",
        features=tuple(signals.inputs.features) if signals.inputs is not None else (),
        slow_ms=tuple(dict.fromkeys(limits)),
        slices=tuple(config.file.slices),
        cluster=config.file.cluster,
        prompt=config.file.prompt,
        confidence=signals.feedback is not None,
        named=tuple(name for name in (*config.file.slices, config.file.cluster) if name),
    )


def limits_of(latency: LatencyFile) -> list[tuple[str, float]]:
    """(percentile, limit in ms) of those that have a limit."""
    named = zip(PERCENTILES, (latency.p50_ms, latency.p95_ms, latency.p99_ms), strict=True)
    return [(key, limit) for key, limit in named if limit is not None]


def _refuse_other_prompt(summary: LogSummary, prompt: str) -> None:
    known = sorted({name.partition("@")[0] for name in summary.prompts})
    if prompt and prompt not in known:
        raise UsageError(f"the log has no row of prompt {prompt!r}", did_you_mean(prompt, known))


def _signals(
    config: MonitorConfig,
    reference: Reference | None,
    summary: LogSummary,
    labelled: LabelledRows,
    workspace: FindWorkspace,
) -> Iterator[Signal]:
    """Every signal of all rows."""
    signals, window = config.signals, summary.window
    yield from _compared(config, reference, window)
    if signals.inputs is not None and reference is not None:
        for name in signals.inputs.features:
            if name == "language":
                yield language_signal(reference.tally, window, signals.inputs.psi, detect_language)
            elif name == "embedding":
                yield embedding_signal(reference.tally, window, signals.inputs.auroc, embedder(workspace))
    yield from _rates(config, reference, window)
    yield from _budgets(config, summary)
    if signals.feedback is not None and reference is not None:
        metric, drop = signals.feedback.metric, signals.feedback.drop
        found = feedback_signal(metric, drop, reference.labelled, labelled, window.classes)
        yield with_estimate(found, reference.labelled, window.confidence)


def _compared(config: MonitorConfig, reference: Reference | None, window: Tally) -> Iterator[Signal]:
    """Predictions, and the inputs that are numbers or words."""
    signals = config.signals
    if reference is None:
        return
    if signals.predictions is not None:
        _refuse_lack(reference, "predictions")
        groups: Groups = (reference.tally.groups, window.groups) if config.file.cluster else None
        shift = signals.predictions.shift
        lacking = no_field(signals.predictions.field, (reference.tally.names, window.names))
        if lacking:
            yield Signal("predictions", "too_few", shift, n_reference=reference.tally.rows, detail=lacking)
        else:
            yield share_signal("predictions", reference.tally.classes, window.classes, shift, groups)
    if signals.inputs is None:
        return
    _refuse_lack(reference, "inputs")
    for name in signals.inputs.features:
        if name in ("language", "embedding"):
            continue
        sides = [reference.tally, window]
        if any(name in side.words for side in sides):
            words = [side.words.get(name, Counter()) for side in sides]
            yield word_signal(f"inputs.{name}", words[0], words[1], signals.inputs.psi)
        elif any(name in side.numbers for side in sides):
            numbers = [side.numbers.get(name, NumberSketch()) for side in sides]
            yield number_signal(f"inputs.{name}", numbers[0], numbers[1], signals.inputs.psi)
        else:
            yield Signal(
                f"inputs.{name}", "too_few", signals.inputs.psi, "number", detail="no row has a value"
            )


def _refuse_lack(reference: Reference, what: str) -> None:
    if what in reference.lacks:
        raise UsageError(f"{what} cannot be compared with the {reference.name}", reference.lacks[what])


def _rates(config: MonitorConfig, reference: Reference | None, window: Tally) -> Iterator[Signal]:
    groups = window.groups if config.file.cluster else None
    if config.signals.latency is not None:
        for key, limit in limits_of(config.signals.latency):
            yield percentile_signal(window, key, limit, groups)
    if config.signals.errors is not None:
        before = None if reference is None else reference.tally
        yield error_signal(window, before, config.signals.errors.rate, groups)


def _budgets(config: MonitorConfig, summary: LogSummary) -> Iterator[Signal]:
    """The error budgets, which always read the log's last three days."""
    latency, errors = config.signals.latency, config.signals.errors
    now = (summary.timeline.last or 0.0) + 59.0
    limits = reading_of(config).slow_ms
    if latency is not None and latency.slo is not None and latency.p99_ms is not None:
        counts = summary.timeline.budget(2 + limits.index(latency.p99_ms))
        what = f"of requests over {latency.p99_ms:g} ms"
        yield burn_signal("latency.slo", counts, now, max(1.0 - latency.slo, 1e-9), what)
    if errors is not None and errors.rate > 0.0:  # a rate of 0 leaves no budget that could burn
        yield burn_signal("errors.budget", summary.timeline.budget(1), now, errors.rate, "of failed calls")


def _slices(
    config: MonitorConfig, reference: Reference | None, summary: LogSummary
) -> dict[str, dict[str, list[Signal]]]:
    """The signals of each value of each slice, beside the whole reference."""
    return {
        tag: {
            value: [*_compared(config, reference, tally), *_rates(config, reference, tally)]
            for value, tally in sorted(values.items())
        }
        for tag, values in summary.slices.items()
    }


def adjusted(
    signals: Sequence[Signal], slices: Mapping[str, Mapping[str, Sequence[Signal]]]
) -> tuple[list[Signal], dict[str, dict[str, list[Signal]]]]:
    """The signals with p adjusted over all of them (Holm); an alert that does not survive it is quiet.

    Its interval is extended to the threshold then, so that table and verdict agree.
    """
    every = [*signals, *(one for values in slices.values() for found in values.values() for one in found)]
    family = [signal for signal in every if signal.p is not None and signal.verdict != "too_few"]
    values = holm([signal.p for signal in family if signal.p is not None])
    decided = iter([_decided(signal, p, len(family)) for signal, p in zip(family, values, strict=True)])

    def one(signal: Signal) -> Signal:
        return next(decided) if signal.p is not None and signal.verdict != "too_few" else signal

    first = [one(signal) for signal in signals]
    rest = {
        tag: {value: [one(signal) for signal in found] for value, found in values.items()}
        for tag, values in slices.items()
    }
    return first, rest


def _decided(signal: Signal, p: float, family: int) -> Signal:
    found = replace(signal, p_adjusted=p)
    if signal.verdict != "alert" or p <= ALPHA:
        return found
    low = None if signal.low is None else min(signal.low, signal.threshold)
    detail = f"not shown among {family:,} signals (p = {p:.2g} after Holm); {signal.detail}"
    return replace(found, verdict="quiet", low=low, detail=detail)


def _view(
    log: str,
    reading: Reading,
    summary: LogSummary,
    reference: Reference | None,
    signals: Sequence[Signal],
    slices: Mapping[str, Mapping[str, Sequence[Signal]]],
) -> MonitorView:
    classes = Counter() if reference is None else reference.tally.classes
    total = sum(classes.values())
    notes = [f"line not read: {line}" for line in problem_lines(summary)]
    unknown = _unknown(reading, summary, reference)
    notes += unknown
    several = sorted({name.partition("@")[0] for name in summary.prompts})
    if len(several) > 1 and not reading.prompt:
        notes.append(f"the log has rows of several prompts, all of them counted: {', '.join(several[:8])}")
    return MonitorView(
        log=log,
        reference="" if reference is None else reference.name,
        rows=summary.window.rows,
        total_rows=sum(summary.prompts.values()),
        first=summary.timeline.first if reading.since is None else reading.since,
        last=summary.timeline.last,
        signals=signals,
        slices=slices,
        points=list(_points(summary, reading)),
        reference_shares={name: count / total for name, count in classes.most_common(_CHARTED)},
        notes=notes,
        unknown=unknown,
        unread=summary.unread,
        newest=summary.newest,
    )


def _unknown(reading: Reading, summary: LogSummary, reference: Reference | None) -> list[str]:
    """A sentence for each slice and the cluster that no row of the log or the reference has."""
    sides = [summary.window.names] if reference is None else [summary.window.names, reference.tally.names]
    asked = [("slices", name) for name in reading.slices]
    asked += [("cluster", reading.cluster)] if reading.cluster else []
    return [words for key, name in asked if (words := no_name(key, name, sides))]


def _points(summary: LogSummary, reading: Reading) -> Iterator[Hourly]:
    """The log over time, in at most MOST_POINTS parts of whole hours."""
    hours = summary.timeline.hours
    if not hours:
        return
    first, last = min(hours), max(hours)
    step = max(-(-(last - first + 1) // MOST_POINTS), 1)
    names = [name for name, _ in summary.window.classes.most_common(_CHARTED)]
    for start in range(first, last + 1, step):
        part = [hours[number] for number in range(start, start + step) if number in hours]
        rows = sum(hour.rows for hour in part)
        if not rows:
            continue
        joined = part[0] if len(part) == 1 else type(part[0])()
        if len(part) > 1:
            for hour in part:
                joined.latency.update(hour.latency)
                joined.classes.update(hour.classes)
        yield Hourly(
            start=start * 3600.0,
            rows=rows,
            failed=sum(hour.failed for hour in part),
            p50_ms=joined.percentile(0.5),
            p99_ms=joined.percentile(0.99),
            shares={name: joined.classes[name] / rows for name in names},
            inside=reading.since is None or (start + step) * 3600.0 > reading.since,
        )
