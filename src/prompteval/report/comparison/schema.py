"""The JSON Schema of `compare --json`."""

from typing import Any

_VERDICTS = ["improved", "not_worse", "inconclusive", "regressed", "incomplete"]


def compare_schema() -> dict[str, Any]:
    """The document of `compare --json`; new keys may be added, these keep their names and meaning."""
    text, number = {"type": "string"}, {"type": ["number", "null"]}
    count, ids = {"type": "integer", "minimum": 0}, {"type": "array", "items": {"type": "string"}}
    verdict = {"enum": _VERDICTS}
    numbers = ["a", "b", "delta", "low", "high", "p", "p_adjusted", "mde"]
    comparison = {
        "type": "object",
        "required": ["pairs", *numbers, "test", "verdict"],
        "properties": {
            **dict.fromkeys([*numbers, "p_exact"], number), "pairs": count, "missing": count,
            "discordant": count, "clusters": count, "test": text, "method": text, "reason": text,
            "undecidable": text, "note": text, "detail": text, "verdict": verdict,
        },
    }  # fmt: skip
    metrics = {"type": "object", "additionalProperties": {"$ref": "#/$defs/comparison"}}
    end = {
        "type": "object",
        "required": ["run_id", "prompt", "fingerprint", "model"],
        "properties": {
            "run_id": {"type": ["string", "null"]}, "prompt": text, "fingerprint": text, "model": text,
        },
    }  # fmt: skip
    spent = {"type": "object", "properties": dict.fromkeys(("a", "b", "delta"), number)}
    lists = ["only_a", "only_b", "changed_cases", "errors", "primary", "notes"]
    result = {
        "type": "object",
        "required": ["suite", "a", "b", "paired", *lists, "metrics", "slices", "flips", "spent", "verdict"],
        "properties": {
            "suite": text, "a": end, "b": end, "paired": count, **dict.fromkeys(lists, ids),
            "metrics": metrics,
            "slices": {
                "type": "object",
                "additionalProperties": {"type": "object", "additionalProperties": metrics},
            },
            "flips": {
                "type": "object",
                "required": ["fixed", "broken"],
                "properties": {"fixed": ids, "broken": ids},
            },
            "spent": {"type": "object", "additionalProperties": spent},
            "verdict": verdict,
        },
    }  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "prompteval compare",
        "type": "object",
        "required": ["schema", "verdict", "exit_code", "sentence", "unchanged", "alone", "results"],
        "properties": {
            "schema": {"const": "prompteval/compare@1"},
            "verdict": verdict,
            "exit_code": {"enum": [0, 1, 3, 4]},
            "sentence": text, "a": text, "b": text, "unchanged": ids,
            "alone": {"type": "object", "properties": {"a": ids, "b": ids}},
            "lost": ids, "removed": ids,
            "incomplete": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["side", "suite", "prompt", "model", "error_kinds", "skipped", "unscored"],
                    "properties": {
                        "side": {"enum": ["a", "b"]}, "suite": text, "prompt": text, "model": text,
                        "error_kinds": {"type": "object", "additionalProperties": count},
                        "skipped": count, "unscored": count,
                    },
                },
            },
            "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
        },
        "$defs": {"comparison": comparison, "result": result},
    }  # fmt: skip
