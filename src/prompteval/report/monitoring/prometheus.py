"""The check as Prometheus text, for a node exporter's directory of text files."""

import re
from collections.abc import Iterator

from prompteval.report.monitoring.view import MonitorView, Signal

_STATES = {"quiet": 0, "alert": 1, "too_few": 2}
_NUMBERS = {
    "observed": "The effect of a signal.",
    "low": "The lower end of its 95 % interval.",
    "high": "The upper end of its 95 % interval.",
    "threshold": "The threshold of a signal.",
    "rows": "The rows of the window that a signal read.",
}


def render(view: MonitorView) -> Iterator[str]:
    """Gauges of the signals of all rows. Labels are names of signals, never text of users."""
    yield "# HELP prompteval_monitor_state 0 quiet, 1 alert, 2 too few rows.\n"
    yield "# TYPE prompteval_monitor_state gauge\n"
    for signal in view.signals:
        yield f'prompteval_monitor_state{{signal="{_label(signal.name)}"}} {_STATES[signal.verdict]}\n'
    for name, help in _NUMBERS.items():
        yield f"# HELP prompteval_monitor_{name} {help}\n# TYPE prompteval_monitor_{name} gauge\n"
        for signal in view.signals:
            value = _value(signal, name)
            if value is not None:
                yield f'prompteval_monitor_{name}{{signal="{_label(signal.name)}"}} {value!r}\n'
    for name, count, help in (
        ("unread_lines", view.unread, "Lines of the log that could not be read."),
        ("slice_alerts", sum(1 for where, _ in view.alerts if where), "Alerts of slices."),
    ):
        yield f"# HELP prompteval_monitor_{name} {help}\n# TYPE prompteval_monitor_{name} gauge\n"
        yield f"prompteval_monitor_{name} {count}\n"
    if view.last is not None:
        yield "# HELP prompteval_monitor_newest_row_seconds The time of the log's newest row.\n"
        yield "# TYPE prompteval_monitor_newest_row_seconds gauge\n"
        yield f"prompteval_monitor_newest_row_seconds {view.last!r}\n"


def _value(signal: Signal, name: str) -> float | None:
    values = {
        "observed": signal.observed,
        "low": signal.low,
        "high": signal.high,
        "threshold": signal.threshold,
        "rows": float(signal.n),
    }
    return values[name]


def _label(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.]", "_", text)
