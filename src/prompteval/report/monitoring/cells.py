"""The lines and cells that the terminal, Markdown and the page share."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from prompteval.report.monitoring.view import MonitorView, Signal, SignalVerdict
from prompteval.report.table import Table

HEADS = ("signal", "verdict", "observed", "95 % interval", "threshold", "rows", "reference", "adjusted p")
MARKS: dict[SignalVerdict, str] = {"quiet": "✓ quiet", "alert": "✗ alert", "too_few": "? too few"}


def shown(value: float | None, signal: Signal) -> str:
    """A value in the unit of its signal."""
    if value is None:
        return "–"
    if signal.unit == "ms":
        return f"{value:,.0f} ms" if value >= 10 else f"{value:.3g} ms"
    if signal.unit == "share":
        return f"{100 * value:.3g} %" if abs(value) < 0.1 else f"{100 * value:.1f} %"
    return f"{value:.3f}" if abs(value) < 100 else f"{value:,.0f}"


def cells(signal: Signal) -> list[str]:
    """One row of the table of signals."""
    ends = "–"
    if signal.low is not None or signal.high is not None:
        ends = f"{shown(signal.low, signal)} to {shown(signal.high, signal)}"
    return [
        signal.name,
        MARKS[signal.verdict],
        shown(signal.observed, signal),
        ends,
        shown(signal.threshold, signal),
        f"{signal.n:,}",
        "–" if signal.n_reference is None else f"{signal.n_reference:,}",
        "–" if signal.p_adjusted is None else f"{signal.p_adjusted:.2g}",
    ]


def signal_table(title: str, signals: Sequence[Signal]) -> Table:
    """The signals of all rows or of one slice."""
    return Table(title, HEADS, [cells(signal) for signal in signals], texts=2)


def moved_table(signal: Signal) -> Table:
    """The classes whose shares moved most."""
    rows = [
        [name, f"{100 * before:.1f} %", f"{100 * after:.1f} %", f"{100 * (after - before):+.1f}"]
        for name, before, after in signal.moved
    ]
    return Table(f"{signal.name}: shares that moved most", ("class", "reference", "window", "points"), rows)


def head_lines(view: MonitorView) -> Iterator[str]:
    """What was compared with what."""
    window = (
        f"{view.rows:,} of {view.total_rows:,} rows"
        if view.rows != view.total_rows
        else f"{view.rows:,} rows"
    )
    times = f", {moment(view.first)} to {moment(view.last)}" if view.first is not None else ""
    yield f"log {view.log}: {window}{times}"
    if view.reference:
        yield f"reference: {view.reference}"
    if view.unread:
        yield f"{view.unread:,} line{'' if view.unread == 1 else 's'} could not be read"
    yield from (f"note: {note}" for note in view.notes)


def moment(seconds: float | None) -> str:
    """A time in UTC, to the minute."""
    return "–" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%MZ")


def detail_lines(view: MonitorView) -> Iterator[tuple[str, Signal]]:
    """Each signal whose sentence is shown: all of the rows together, of slices those that alert."""
    for where, signal in view.every_signal():
        if signal.detail and (not where or signal.verdict == "alert"):
            yield (f"{where}: {signal.name}" if where else signal.name), signal


def last_line(view: MonitorView) -> str:
    """The verdict, its reason and the exit code."""
    return f"{view.verdict}: {reason_line(view)}"


def reason_line(view: MonitorView) -> str:
    """The reason of the verdict and the exit code."""
    parts = []
    if view.alerts:
        names = [f"{where}: {signal.name}" if where else signal.name for where, signal in view.alerts]
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        parts.append(
            f"{', '.join(names[:5])}{more} {'is' if len(names) == 1 else 'are'} beyond the threshold"
        )
    few = [signal.name for signal in view.signals if signal.verdict == "too_few"]
    if few:
        parts.append(f"too few rows for {', '.join(few)}")
    parts += view.unknown
    reason = "; ".join(parts) or "no signal is beyond its threshold"
    return f"{reason} (exit {view.exit_code})"
