"""The JSON Schema of `run --json`."""

from prompteval.report.schema_parts import (
    Schema,
    constant,
    count,
    counts,
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

_VERDICTS = ("pass", "fail", "inconclusive", "incomplete")
_LOW, _HIGH = "The lower end of its 95 % interval.", "The upper end of its 95 % interval."


def run_schema() -> Schema:
    """The document of `run --json`."""
    properties = {
        "schema": constant("prompteval/run@1", "The version of this document."),
        "run_id": text("The id that `show`, `compare` and `gate` take; empty where nothing is stored."),
        "verdict": one_of(_VERDICTS, "The verdict over all suites."),
        "exit_code": one_of((0, 1, 2, 3, 4, 5, 130), "The exit code of the command."),
        "reason": text("Why the exit code is what it is, as the last printed line says it."),
        "results": list_of(part("result", "One of them."), "One for each suite, prompt and model."),
    }
    required = ["schema", "run_id", "verdict", "exit_code", "results"]
    found = object_of(required, properties, "A run of suites.")
    return document_of("prompteval run", found, estimate=_estimate(), result=_result())


def _estimate() -> Schema:
    properties = {
        "value": number("The metric's value; null where it is undefined, with the reason."),
        "low": number(_LOW),
        "high": number(_HIGH),
        "n": count("The cases that it is computed from."),
        "missing": count("The cases that have no value for it, since a scorer failed or skipped them."),
        "method": text("How the interval is computed, such as wilson."),
        "reason": text("Why there is no value or no interval."),
        "note": text("What must be known to read the value."),
        "gateable": constant(False, "Present where the value rests on too little to decide a gate."),
        "left_out": count("Outputs without a value that an unbounded metric leaves out."),
        "null_high": number("What a perfectly calibrated model would stay below in 95 % of runs."),
        "stable": count("Of the repeated cases, those with the same score in every repeat."),
        "repeated": count("The cases that ran more than once."),
    }
    required = ["value", "low", "high", "n", "missing", "method"]
    return object_of(required, properties, "A metric with its interval.")


def _estimates(about: str) -> Schema:
    return map_of(part("estimate", "The metric."), about)


def _result() -> Schema:
    """One (suite, prompt, model)."""
    properties = {
        "suite": text("The name of the suite."),
        "prompt": text("The prompt and version that ran, or the name of another target."),
        "alias": text("The alias by which the version was asked for, such as production."),
        "model": text("The model that was asked."),
        "fingerprint": {
            "type": "string",
            "pattern": "^sha256:",
            "description": "Of everything in the target that can change an answer.",
        },
        "cases": _cases(),
        "metrics": _estimates("The metrics of the suite, by name."),
        "slices": map_of(
            map_of(_estimates("The metrics over its cases."), "By each value of the tag."),
            "The same metrics over parts of the cases, by tag.",
        ),
        "references": map_of(
            _estimates("Its metrics."), "What a trivial predictor reaches, by its name: majority or random."
        ),
        "gates": list_of(_gate(), "The rules of the suite's gate."),
        "error_kinds": counts("Cases that ended in an error, by its kind, such as timeout."),
        "errors_excluded": constant(True, "Present where the suite leaves failed cases out of its metrics."),
        "notes": texts("What must be known to read the result."),
        "per_class": map_of(_class(), "Of a classifier, its figures for each class."),
        "confusion": {"type": "object", "description": "Of a classifier, expected against given classes."},
        **_pipeline(),
        "reliability": map_of(_reliability(), "The tables behind calibration metrics, by metric."),
        "precision_recall": list_of(_curve(), "Of a classifier with confidences, a curve a class."),
        "other_models": texts("Models that the server named in its replies, beside the one asked for."),
        "allow_unscored": {
            "type": "number", "minimum": 0, "maximum": 1,
            "description": "The share of cases that a scorer may fail on.",
        },
        "unscored_reason": text("Why a scorer failed on the first case that has no verdict."),
        "unserved": text("A scorer that scored no case, since none has what it reads, and why."),
        "flaky": list_of(_flaky(), "Cases whose repeats have different scores."),
        "stop_early": _early(),
        "usage": _usage(),
        "timing": _timing(),
    }  # fmt: skip
    required = [
        "suite", "prompt", "fingerprint", "model", "cases", "metrics", "slices", "references", "gates",
        "usage", "timing",
    ]  # fmt: skip
    return object_of(required, properties, "One suite with one prompt and one model.")


def _cases() -> Schema:
    properties = {
        "total": count("All cases, each repeat counted: scored + errors + invalid + skipped."),
        "scored": count("Cases with an output that scorers could read."),
        "errors": count("Cases whose target failed."),
        "invalid": count("Cases whose output broke its schema, was refused, truncated or filtered."),
        "skipped": count("Cases that were not run."),
        "passed": count("Cases that every deciding scorer passed."),
        "failed": count("Cases that a deciding scorer did not pass."),
        "unscored": count("Cases without a verdict, since a scorer failed."),
    }
    required = ["total", "scored", "errors", "invalid", "skipped"]
    return object_of(required, properties, "How the cases ended.")


def _gate() -> Schema:
    properties = {
        "rule": text("The rule as the suite writes it."),
        "verdict": one_of(_VERDICTS, "What it decides."),
        "observed": number("The number that it compares; null where there is none."),
        "detail": text("Why it decides so."),
        "without_errors": one_of(_VERDICTS, "What it would decide with failed cases left out."),
        "broken": texts("The cases that passed in the baseline and do not now."),
    }
    return object_of(["rule", "verdict", "observed", "detail"], properties, "One rule.")


def _class() -> Schema:
    properties = {
        "precision": number("The share of right answers among those that name the class."),
        "recall": number("The share of the class's cases that were found."),
        "f1": number("The harmonic mean of precision and recall."),
        "support": count("The cases that are of the class."),
    }
    return record_of(properties, "One class.")


def _pipeline() -> Schema:
    """What a suite with a retrieval pipeline adds to its result."""
    loss = {
        "loss": text("The name of the stage's loss."),
        "better": text("The mode with the stage perfect."),
        "worse": text("The mode with the stage as it is."),
        "pairs": count("Questions that both modes answered."),
        "a": number("The share of right answers with the stage perfect."),
        "b": number("The share with the stage as it is."),
        "delta": number("What the stage costs: a - b."),
        "low": number(_LOW),
        "high": number(_HIGH),
    }
    failures = {
        "failed": count("Questions that failed."),
        "questions": count("All questions."),
        "truncated": counts("By reason, failed questions of which an encoder did not read the gold whole."),
        "tie_sensitive": count("Questions whose ranking metrics depend on the order of ties."),
        "cases": map_of(texts("Their ids."), "The failed questions, by reason."),
    }
    abstention = {
        "metric": text("The score, with what a wrong answer costs."),
        "value": number("Its value."),
        "low": number(_LOW),
        "high": number(_HIGH),
        "n": count("The questions that it is computed from."),
        "method": text("How the interval is computed."),
    }
    point = {"type": "array", "items": {"type": ["number", "null"]}}
    return {
        "attribution": counts("Failed questions by the one reason each failed for."),
        "failures": object_of(
            ["failed", "questions", "truncated"], failures, "The questions that failed, and why."
        ),
        "losses": list_of(
            object_of(["loss", "better", "worse", "pairs"], loss, "One stage."), "What each stage costs."
        ),
        "abstention": list_of(
            record_of(abstention, "At one cost."),
            "Scores at each cost of a wrong answer, where an answer may abstain.",
        ),
        "risk_coverage": list_of(point, "[coverage, risk] by falling confidence."),
    }


def _reliability() -> Schema:
    """The bins of one `reliability` metric."""
    line = {
        "n": count("Cases in the bin."),
        "low": number("The lowest confidence of the bin."),
        "high": number("The highest confidence of the bin."),
        "confidence": number("The mean confidence."),
        "share": number("The share of right answers."),
        "share_low": number("The lower end of the share's 95 % interval."),
        "share_high": number("The upper end of the share's 95 % interval."),
    }
    known = {
        "ece": number("The expected calibration error."),
        "null_high": number("What a perfectly calibrated model would stay below in 95 % of runs."),
        "missing": count("Cases without a confidence."),
        "reason": text("Why there are no bins."),
        "bins": list_of(record_of(line, "One bin."), "Bins of rising confidence."),
    }
    return object_of(["ece", "null_high", "missing", "bins"], known, "One metric.")


def _curve() -> Schema:
    """Precision and recall of one class over thresholds."""
    point = {"type": "array", "items": {"type": ["number", "null"]}, "minItems": 3, "maxItems": 3}
    properties = {
        "scorer": text("The scorer that compares the classes."),
        "label": text("The class, against all others."),
        "points": list_of(point, "[recall, precision, threshold] as the threshold falls, 200 at most."),
        "average_precision": number("The area under the curve, of all thresholds."),
        "n": count("The cases that it is computed from."),
        "positives": count("Of these, the cases of the class."),
        "missing": count("Cases without a confidence."),
    }
    return record_of(properties, "One class.")


def _flaky() -> Schema:
    scores = {"type": "array", "items": {"type": ["number", "null"]}}
    properties = {
        "id": text("The id of the case."),
        "scores": {**scores, "description": "One for each repeat; null where it could not be scored."},
    }
    return record_of(properties, "One case.")


def _early() -> Schema:
    properties = {
        "method": one_of(("group-sequential", "always-valid"), "The statistical method."),
        "stopped": {"type": "boolean", "description": "Whether it stopped before the last case."},
        "cases": count("Cases that ran."),
        "of": count("Cases that were selected."),
        "calls_saved": count("Calls that were not made."),
        "note": text("What must be known to read the result."),
    }
    return record_of(properties, "What `--stop-early` did.")


def _spent(about: str, **more: Schema) -> Schema:
    properties = {
        "requests": number("Requests of all cases."),
        "attempts": number("Calls that were made, repeats after an error counted."),
        "cached": number("Requests that the cache answered."),
        "replayed": number("Requests that a recording answered."),
        "prompt_tokens": number("Tokens that were sent."),
        "cached_tokens": number("Of these, tokens that the server had in its own cache."),
        "completion_tokens": number("Tokens that came back."),
        "reasoning_tokens": number("Of these, tokens of hidden reasoning."),
        "cost_usd": number("What they cost, in US dollars; null where a price is unknown."),
    }
    beside = {
        "possibly_billed": count("Attempts that gave no reply, and may be charged for all the same."),
        "possible_cost_usd": number("What these may cost; null where that is unknown."),
        "tokens_estimated": {"type": "boolean", "description": "Whether tokens were counted by us."},
    }
    return object_of(list(properties), {**properties, **beside, **more}, about)


def _usage() -> Schema:
    reported = {
        "cost_usd": number("The sum, in US dollars."),
        "rows": count("Rows that report their cost."),
        "of": count("All rows."),
    }
    return _spent(
        "What the target's calls used.",
        reported=record_of(reported, "Costs that the system reports itself."),
        user=_spent("What the simulated user of conversations used."),
        judges=map_of(_spent("One judge."), "What judges used, by scorer."),
        shards=map_of(_shard(), "Of a run on a cluster, and of a merged one, what each shard used."),
    )


def _shard() -> Schema:
    properties = {
        "cases": count("Cases, each repeat counted."),
        "errors": count("Of these, cases whose target failed."),
        "requests": count("Requests of the target, the simulated user and the judges."),
        "attempts": count("Calls that were made, repeats after an error counted."),
        "cached": count("Requests that the cache answered."),
        "cost_usd": number("What they cost together, in US dollars; null where a price is unknown."),
    }
    return record_of(properties, "One shard.")


def _timing() -> Schema:
    properties = {
        "wall_s": number("How long the run took, in seconds."),
        "latency_ms": map_of(number("In milliseconds."), "Percentiles of the time of a case: p50, p95, p99."),
    }
    return record_of(properties, "How long it took.")
