"""The JSON Schema of `run --json`."""

from collections.abc import Mapping, Sequence
from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": ["number", "null"]}
COUNT: Schema = {"type": "integer", "minimum": 0}
VERDICT: Schema = {"enum": ["pass", "fail", "inconclusive", "incomplete"]}
_TOKENS = ("prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens")


def run_schema() -> Schema:
    """The document of `run --json`; new keys may be added, these keep their names and meaning."""
    properties = {
        "schema": {"const": "prompteval/run@1"},
        "run_id": TEXT,
        "verdict": VERDICT,
        "exit_code": {"enum": [0, 1, 2, 3, 4, 5, 130]},
        "reason": TEXT,
        "results": list_of({"$ref": "#/$defs/result"}),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "prompteval run",
        **object_of(["schema", "run_id", "verdict", "exit_code", "results"], properties),
        "$defs": {"estimate": _estimate(), "result": _result()},
    }


def object_of(required: Sequence[str], properties: Mapping[str, object]) -> Schema:
    return {"type": "object", "required": list(required), "properties": dict(properties)}


def map_of(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def list_of(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _estimate() -> Schema:
    properties = {
        "value": NUMBER, "low": NUMBER, "high": NUMBER, "n": COUNT, "missing": COUNT, "method": TEXT,
        "reason": TEXT, "note": TEXT, "gateable": {"const": False}, "left_out": COUNT, "null_high": NUMBER,
        "stable": COUNT, "repeated": COUNT,
    }  # fmt: skip
    return object_of(["value", "low", "high", "n", "missing", "method"], properties)


def _result() -> Schema:
    """One (suite, prompt, model)."""
    estimates = map_of({"$ref": "#/$defs/estimate"})
    cases = ["total", "scored", "errors", "invalid", "skipped"]
    usage = ["requests", "attempts", "cached", "replayed", *_TOKENS, "cost_usd"]
    gate = {"rule": TEXT, "verdict": VERDICT, "observed": NUMBER, "detail": TEXT}
    properties = {
        "suite": TEXT,
        "prompt": TEXT,
        "alias": TEXT,
        "model": TEXT,
        "fingerprint": {"type": "string", "pattern": "^sha256:"},
        "cases": object_of(cases, dict.fromkeys([*cases, "passed", "failed", "unscored"], COUNT)),
        "metrics": estimates,
        "slices": map_of(map_of(estimates)),
        "references": map_of(estimates),
        "gates": list_of(object_of(list(gate), {**gate, "without_errors": VERDICT})),
        "error_kinds": map_of(COUNT),
        **_pipeline(),
        "reliability": map_of(_reliability()),
        "other_models": list_of(TEXT),
        "allow_unscored": {"type": "number", "minimum": 0, "maximum": 1},
        "unscored_reason": TEXT,
        "unserved": TEXT,
        "flaky": list_of(object_of(["id", "scores"], {"id": TEXT, "scores": list_of(NUMBER)})),
        "stop_early": _early(),
        "usage": object_of(
            usage,
            {
                **dict.fromkeys(usage, NUMBER),
                "reported": object_of(
                    ["cost_usd", "rows", "of"], {"cost_usd": NUMBER, "rows": COUNT, "of": COUNT}
                ),
                "user": object_of(usage, dict.fromkeys(usage, NUMBER)),
                "judges": map_of(object_of(usage, dict.fromkeys(usage, NUMBER))),
            },
        ),
        "timing": object_of(["wall_s", "latency_ms"], {"wall_s": NUMBER, "latency_ms": map_of(NUMBER)}),
    }
    required = ["suite", "prompt", "fingerprint", "model", "cases", "metrics", "slices", "references"]
    return object_of([*required, "gates", "usage", "timing"], properties)


def _pipeline() -> Schema:
    """What a suite with a retrieval pipeline adds to its result."""
    counted = dict.fromkeys(("failed", "questions", "tie_sensitive"), COUNT)
    numbers = dict.fromkeys(("a", "b", "delta", "low", "high"), NUMBER)
    loss = {"loss": TEXT, "better": TEXT, "worse": TEXT, "pairs": COUNT, **numbers}
    return {
        "attribution": map_of(COUNT),
        "failures": object_of(
            ["failed", "questions", "truncated"],
            {**counted, "truncated": {"type": "object"}, "cases": {"type": "object"}},
        ),
        "losses": list_of(object_of(["loss", "better", "worse", "pairs"], loss)),
        "abstention": list_of({"type": "object"}),
        "risk_coverage": list_of(list_of(NUMBER)),
    }


def _reliability() -> Schema:
    """The bins of one `reliability` metric."""
    ends = ["low", "high", "confidence", "share", "share_low", "share_high"]
    line = object_of(["n", *ends], {"n": COUNT, **dict.fromkeys(ends, NUMBER)})
    known = {"ece": NUMBER, "null_high": NUMBER, "missing": COUNT, "reason": TEXT, "bins": list_of(line)}
    return object_of(["ece", "null_high", "missing", "bins"], known)


def _early() -> Schema:
    properties = {
        "method": {"enum": ["group-sequential", "always-valid"]}, "stopped": {"type": "boolean"},
        "cases": COUNT, "of": COUNT, "calls_saved": COUNT, "note": TEXT,
    }  # fmt: skip
    return object_of(list(properties), properties)
