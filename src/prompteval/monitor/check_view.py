"""What a report has of one check: its signals, what to know of them, and the log over time."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from prompteval.monitor.fields import Reading
from prompteval.monitor.names import no_name
from prompteval.monitor.read_log import problem_lines
from prompteval.monitor.reference import Reference
from prompteval.monitor.scan import LogSummary
from prompteval.report.monitoring.view import Hourly, MonitorView, Signal

# Points of the charts; hours are joined until there are no more.
MOST_POINTS = 96
_CHARTED = 8


def check_view(
    log: str,
    reading: Reading,
    summary: LogSummary,
    reference: Reference | None,
    signals: Sequence[Signal],
    slices: Mapping[str, Mapping[str, Sequence[Signal]]],
) -> MonitorView:
    """The view of a check whose signals are decided; `slices` has those of each value of each tag."""
    classes = Counter() if reference is None else reference.tally.classes
    total = sum(classes.values())
    notes = [f"line not read: {line}" for line in problem_lines(summary)]
    unknown = _unknown(reading, summary, reference)
    notes += unknown
    several = summary.prompt_names
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
