"""The JSON Schema of `monitor check --json`."""

from prompteval.report.schema import COUNT, NUMBER, TEXT, Schema, list_of, map_of, object_of

_VERDICT: Schema = {"enum": ["quiet", "alert", "too_few"]}
_SIGNALS: Schema = map_of({"$ref": "#/$defs/signal"})


def monitor_check_schema() -> Schema:
    """The document of `monitor check --json`; new keys may be added, these keep their names and meaning."""
    properties = {
        "schema": {"const": "prompteval/monitor@1"},
        "verdict": _VERDICT,
        "exit_code": {"enum": [0, 1, 3]},
        "log": TEXT,
        "reference": {"type": ["string", "null"]},
        "window": object_of(["rows", "first", "last"], {"rows": COUNT, "first": NUMBER, "last": NUMBER}),
        "rows": COUNT,
        "unread_lines": COUNT,
        "alerts": list_of(TEXT),
        "signals": _SIGNALS,
        "slices": map_of(map_of(_SIGNALS)),
        "notes": list_of(TEXT),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "prompteval monitor check",
        **object_of(list(properties), properties),
        "$defs": {"signal": _signal()},
    }


def _signal() -> Schema:
    numbers = ["observed", "low", "high", "p", "p_adjusted"]
    share: Schema = {"type": "number"}
    moved = {"class": TEXT, "reference": share, "window": share}
    properties: Schema = {
        **dict.fromkeys(numbers, NUMBER),
        "threshold": {"type": "number"},
        "n": COUNT,
        "n_reference": {"type": ["integer", "null"], "minimum": 0},
        "verdict": _VERDICT,
        "detail": TEXT,
        "measures": map_of(
            object_of(["value"], {"value": {"type": "number"}, "null_95": {"type": "number"}})
        ),
        "moved": list_of(object_of(list(moved), moved)),
    }
    return object_of(list(properties), properties)
