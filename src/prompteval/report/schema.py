"""The JSON Schema of `run --json`."""

from typing import Any


def run_schema() -> dict[str, Any]:
    """The document of `run --json`; new keys may be added, these keep their names and meaning."""
    number = {"type": ["number", "null"]}
    count = {"type": "integer", "minimum": 0}
    verdict = {"enum": ["pass", "fail", "inconclusive", "incomplete"]}
    estimate = {
        "type": "object",
        "required": ["value", "low", "high", "n", "missing", "method"],
        "properties": {
            "value": number, "low": number, "high": number, "n": count, "missing": count,
            "method": {"type": "string"}, "reason": {"type": "string"}, "note": {"type": "string"},
            "gateable": {"const": False}, "left_out": count, "null_high": number,
            "stable": count, "repeated": count,
        },
    }  # fmt: skip
    estimates = {"type": "object", "additionalProperties": {"$ref": "#/$defs/estimate"}}
    nested = {"type": "object", "additionalProperties": estimates}
    gate = {
        "type": "object",
        "required": ["rule", "verdict", "observed", "detail"],
        "properties": {
            "rule": {"type": "string"}, "verdict": verdict, "observed": number, "detail": {"type": "string"},
        },
    }  # fmt: skip
    ends = ["low", "high", "confidence", "share", "share_low", "share_high"]
    line = {
        "type": "object",
        "required": ["n", *ends],
        "properties": {"n": count, **dict.fromkeys(ends, number)},
    }
    reliability = {
        "type": "object",
        "required": ["ece", "null_high", "missing", "bins"],
        "properties": {
            "ece": number, "null_high": number, "missing": count, "reason": {"type": "string"},
            "bins": {"type": "array", "items": line},
        },
    }  # fmt: skip
    flaky = {
        "type": "object",
        "required": ["id", "scores"],
        "properties": {"id": {"type": "string"}, "scores": {"type": "array", "items": number}},
    }
    early = {
        "type": "object",
        "required": ["method", "stopped", "cases", "of", "calls_saved", "note"],
        "properties": {
            "method": {"enum": ["group-sequential", "always-valid"]}, "stopped": {"type": "boolean"},
            "cases": count, "of": count, "calls_saved": count, "note": {"type": "string"},
        },
    }  # fmt: skip
    loss = {
        "type": "object",
        "required": ["loss", "better", "worse", "pairs"],
        "properties": {
            "loss": {"type": "string"}, "better": {"type": "string"}, "worse": {"type": "string"},
            "pairs": count, **dict.fromkeys(("a", "b", "delta", "low", "high"), number),
        },
    }  # fmt: skip
    cases = ["total", "scored", "errors", "invalid", "skipped"]
    tokens = ["prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens"]
    usage = [*("requests", "attempts", "cached", "replayed"), *tokens, "cost_usd"]
    result = {
        "type": "object",
        "required": [
            "suite", "prompt", "fingerprint", "model", "cases", "metrics", "slices", "references", "gates",
            "usage", "timing",
        ],
        "properties": {
            "suite": {"type": "string"}, "prompt": {"type": "string"}, "model": {"type": "string"},
            "fingerprint": {"type": "string", "pattern": "^sha256:"},
            "cases": {"type": "object", "required": cases, "properties": dict.fromkeys(cases, count)},
            "metrics": estimates,
            "slices": {"type": "object", "additionalProperties": nested},
            "references": nested,
            "gates": {"type": "array", "items": gate},
            "attribution": {"type": "object", "additionalProperties": count},
            "failures": {
                "type": "object",
                "required": ["failed", "questions", "truncated"],
                "properties": {
                    **dict.fromkeys(("failed", "questions", "tie_sensitive"), count),
                    "truncated": {"type": "object"},
                },
            },
            "losses": {"type": "array", "items": loss},
            "abstention": {"type": "array", "items": {"type": "object"}},
            "risk_coverage": {"type": "array", "items": {"type": "array", "items": number}},
            "reliability": {"type": "object", "additionalProperties": reliability},
            "flaky": {"type": "array", "items": flaky},
            "stop_early": early,
            "usage": {"type": "object", "required": usage, "properties": dict.fromkeys(usage, number)},
            "timing": {
                "type": "object",
                "required": ["wall_s", "latency_ms"],
                "properties": {
                    "wall_s": number,
                    "latency_ms": {"type": "object", "additionalProperties": number},
                },
            },
        },
    }  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "prompteval run",
        "type": "object",
        "required": ["schema", "run_id", "verdict", "exit_code", "results"],
        "properties": {
            "schema": {"const": "prompteval/run@1"},
            "run_id": {"type": "string"},
            "verdict": verdict,
            "exit_code": {"enum": [0, 1, 2, 3, 4, 5, 130]},
            "reason": {"type": "string"},
            "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
        },
        "$defs": {"estimate": estimate, "result": result},
    }
