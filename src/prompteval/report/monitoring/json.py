"""`monitor check --json`: `prompteval/monitor@1`."""

from collections.abc import Mapping, Sequence

from prompteval.report.monitoring.view import MonitorView, Signal

SCHEMA = "prompteval/monitor@1"


def document(view: MonitorView) -> dict[str, object]:
    """The whole check as JSON values; new keys may be added, these keep their names and meaning."""
    return {
        "schema": SCHEMA,
        "verdict": view.verdict,
        "exit_code": view.exit_code,
        "log": view.log,
        "reference": view.reference or None,
        "window": {"rows": view.rows, "first": view.first, "last": view.last},
        "rows": view.total_rows,
        "unread_lines": view.unread,
        "alerts": [f"{where}: {signal.name}" if where else signal.name for where, signal in view.alerts],
        "signals": _signals(view.signals),
        "slices": {
            tag: {value: _signals(found) for value, found in values.items()}
            for tag, values in view.slices.items()
        },
        "notes": list(view.notes),
    }


def _signals(found: Sequence[Signal]) -> Mapping[str, object]:
    return {signal.name: signal_json(signal) for signal in found}


def signal_json(signal: Signal) -> dict[str, object]:
    """One signal as JSON values."""
    return {
        "observed": signal.observed,
        "low": signal.low,
        "high": signal.high,
        "threshold": signal.threshold,
        "n": signal.n,
        "n_reference": signal.n_reference,
        "p": signal.p,
        "p_adjusted": signal.p_adjusted,
        "verdict": signal.verdict,
        "detail": signal.detail,
        "measures": {
            name: {"value": measure.value} | ({} if measure.null is None else {"null_95": measure.null})
            for name, measure in signal.measures.items()
        },
        "moved": [
            {"class": name, "reference": before, "window": after} for name, before, after in signal.moved
        ],
    }
