"""The signals of one check: what a window of a log has beside a reference."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from prompteval.core.errors import UsageError
from prompteval.monitor.config import MonitorConfig
from prompteval.monitor.fields import Reading
from prompteval.monitor.labels import LabelledRows
from prompteval.monitor.names import no_field
from prompteval.monitor.reference import FindWorkspace, Reference
from prompteval.monitor.scan import LogSummary
from prompteval.monitor.signals.feedback import feedback_signal, with_estimate
from prompteval.monitor.signals.inputs import embedding_signal, language_signal, number_signal, word_signal
from prompteval.monitor.signals.predictions import Groups, share_signal
from prompteval.monitor.signals.rates import burn_signal, error_signal, percentile_signal
from prompteval.monitor.sketch import NumberSketch
from prompteval.monitor.tally import Tally
from prompteval.monitor.texts import detect_language, embedder
from prompteval.plan.monitor_file import PERCENTILES, LatencyFile
from prompteval.report.monitoring.view import Signal
from prompteval.stats.paired.decision import holm

ALPHA = 0.05


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


def signals_of(
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


def slices_of(
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
