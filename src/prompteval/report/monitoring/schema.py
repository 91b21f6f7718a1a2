"""The JSON Schema of `monitor check --json`."""

from prompteval.report.schema_parts import (
    Schema,
    constant,
    count,
    document_of,
    list_of,
    map_of,
    number,
    object_of,
    one_of,
    part,
    record_of,
    text,
    texts,
)

_VERDICTS = ("quiet", "alert", "too_few")


def monitor_check_schema() -> Schema:
    """The document of `monitor check --json`."""
    window = {
        "rows": count("Its rows."),
        "first": number("Its first time, in seconds since 1970."),
        "last": number("Its last time, in seconds since 1970."),
    }
    properties = {
        "schema": constant("prompteval/monitor@1", "The version of this document."),
        "verdict": one_of(_VERDICTS, "The verdict over all signals."),
        "exit_code": one_of((0, 1, 3), "The exit code of the command."),
        "log": text("The log that was read."),
        "reference": {
            "type": ["string", "null"],
            "description": "What it is compared with, or null.",
        },
        "window": record_of(window, "The part of the log that was checked."),
        "rows": count("All rows of the log."),
        "unread_lines": count("Lines that could not be read."),
        "alerts": texts("The signals with an alert, those of a slice behind its name."),
        "signals": _signals("What was watched, by name."),
        "slices": map_of(
            map_of(_signals("Its signals."), "By each value of the tag."),
            "The same signals over parts of the log, by tag; they never decide alone.",
        ),
        "notes": texts("What must be known to read the check."),
    }
    found = record_of(properties, "A check of logged predictions.")
    return document_of("prompteval monitor check", found, signal=_signal())


def _signals(about: str) -> Schema:
    return map_of(part("signal", "The signal."), about)


def _signal() -> Schema:
    share = {"type": "number"}
    measure = {
        "value": {**share, "description": "Its value."},
        "null_95": {**share, "description": "Its 95th percentile under no change, at these counts."},
    }
    moved = {
        "class": text("The class."),
        "reference": {**share, "description": "Its share in the reference."},
        "window": {**share, "description": "Its share in the window."},
    }
    properties: Schema = {
        "observed": number("The effect; null where there is too little data."),
        "low": number("The lower end of its 95 % interval."),
        "high": number("The upper end of its 95 % interval."),
        "p": number("The p value of no change, or of a rate at its threshold."),
        "p_adjusted": number("The same corrected for the number of signals, after Holm."),
        "threshold": {**share, "description": "What it may reach without an alert."},
        "n": count("The rows of the window that it is computed from."),
        "n_reference": {
            "type": ["integer", "null"], "minimum": 0,
            "description": "The rows of the reference; null where it needs none.",
        },
        "verdict": one_of(_VERDICTS, "What it decides."),
        "detail": text("Why it decides so."),
        "measures": map_of(object_of(["value"], measure, "One figure."), "Figures beside its own, by name."),
        "moved": list_of(record_of(moved, "One class."), "The classes whose shares moved most."),
    }  # fmt: skip
    return record_of(properties, "One thing that is watched.")
