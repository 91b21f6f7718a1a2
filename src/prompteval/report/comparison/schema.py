"""The JSON Schema of `compare --json`."""

from typing import Any

_VERDICTS = ["improved", "not_worse", "inconclusive", "regressed", "incomplete"]
_NUMBERS = ["a", "b", "delta", "low", "high", "p", "p_adjusted", "mde"]
_TEXT, _NUMBER = {"type": "string"}, {"type": ["number", "null"]}
_COUNT, _IDS = {"type": "integer", "minimum": 0}, {"type": "array", "items": {"type": "string"}}
_VERDICT = {"enum": _VERDICTS}
_METRICS = {"type": "object", "additionalProperties": {"$ref": "#/$defs/comparison"}}


def compare_schema() -> dict[str, object]:
    """The document of `compare --json`; new keys may be added, these keep their names and meaning."""
    required = ["schema", "verdict", "exit_code", "sentence", "unchanged", "alone", "results"]
    properties = {
        "schema": {"const": "prompteval/compare@1"},
        "verdict": _VERDICT,
        "exit_code": {"enum": [0, 1, 3, 4]},
        "sentence": _TEXT, "a": _TEXT, "b": _TEXT, "unchanged": _IDS,
        "alone": {"type": "object", "properties": {"a": _IDS, "b": _IDS}},
        "lost": _IDS, "removed": _IDS,
        "incomplete": {"type": "array", "items": _incomplete()},
        "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
    }  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "prompteval compare",
        **_object(required, properties),
        "$defs": {"comparison": _comparison(), "result": _result()},
    }


def _object(required: list[str], properties: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "required": required, "properties": properties}


def _comparison() -> dict[str, object]:
    """One metric of both sides."""
    properties = {
        **dict.fromkeys([*_NUMBERS, "p_exact"], _NUMBER), "pairs": _COUNT, "missing": _COUNT,
        "discordant": _COUNT, "clusters": _COUNT, "test": _TEXT, "method": _TEXT, "reason": _TEXT,
        "undecidable": _TEXT, "note": _TEXT, "detail": _TEXT, "verdict": _VERDICT,
    }  # fmt: skip
    return _object(["pairs", *_NUMBERS, "test", "verdict"], properties)


def _result() -> dict[str, Any]:
    """One suite, its prompt and model on both sides."""
    end = _object(
        ["run_id", "prompt", "fingerprint", "model"],
        {"run_id": {"type": ["string", "null"]}, "prompt": _TEXT, "fingerprint": _TEXT, "model": _TEXT},
    )
    spent = {"type": "object", "properties": dict.fromkeys(("a", "b", "delta"), _NUMBER)}
    slices = {"type": "object", "additionalProperties": _METRICS}
    lists = ["only_a", "only_b", "changed_cases", "errors", "primary", "notes"]
    properties = {
        "suite": _TEXT, "a": end, "b": end, "paired": _COUNT, **dict.fromkeys(lists, _IDS),
        "metrics": _METRICS,
        "slices": {"type": "object", "additionalProperties": slices},
        "flips": _object(["fixed", "broken"], {"fixed": _IDS, "broken": _IDS}),
        "spent": {"type": "object", "additionalProperties": spent},
        "verdict": _VERDICT,
    }  # fmt: skip
    required = ["suite", "a", "b", "paired", *lists, "metrics", "slices", "flips", "spent", "verdict"]
    return _object(required, properties)


def _incomplete() -> dict[str, object]:
    """An entry of which calls or scores are missing."""
    properties = {
        "side": {"enum": ["a", "b"]}, "suite": _TEXT, "prompt": _TEXT, "model": _TEXT,
        "error_kinds": {"type": "object", "additionalProperties": _COUNT},
        "skipped": _COUNT, "unscored": _COUNT,
    }  # fmt: skip
    return _object(["side", "suite", "prompt", "model", "error_kinds", "skipped", "unscored"], properties)
