"""The JSON Schema of `compare --json`."""

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

_VERDICTS = ("improved", "not_worse", "inconclusive", "regressed", "incomplete")


def compare_schema() -> Schema:
    """The document of `compare --json`."""
    alone = {"a": texts("Those of A."), "b": texts("Those of B.")}
    properties = {
        "schema": constant("prompteval/compare@1", "The version of this document."),
        "verdict": one_of(_VERDICTS, "The verdict over all results."),
        "exit_code": one_of((0, 1, 3, 4), "The exit code of the command."),
        "sentence": text("The outcome in a sentence, for a pull request."),
        "a": text("What side A is."),
        "b": text("What side B is."),
        "unchanged": texts("Suites that are the same on both sides, and were not run."),
        "alone": {"type": "object", "properties": alone, "description": "Entries that have no partner."},
        "lost": texts("Suites that A has and B lacks."),
        "removed": texts("Suites that B lacks on purpose, as `--removed` says."),
        "incomplete": list_of(_incomplete(), "What a side has not run or scored whole."),
        "results": list_of(part("result", "One of them."), "One for each pair of entries."),
    }
    required = ["schema", "verdict", "exit_code", "sentence", "unchanged", "alone", "results"]
    found = object_of(required, properties, "Two runs, case by case.")
    return document_of("prompteval compare", found, comparison=_comparison(), result=_result())


def _comparison() -> Schema:
    """One metric of both sides."""
    properties = {
        "pairs": count("Cases that both sides have a value for."),
        "a": number("The value of A over these cases."),
        "b": number("The value of B over these cases."),
        "delta": number("b - a."),
        "low": number("The lower end of the 95 % interval of delta."),
        "high": number("The upper end of the 95 % interval of delta."),
        "p": number("The p value of no difference."),
        "p_exact": number("The p value of the exact test, beside that of the mid-p test."),
        "p_adjusted": number("The p value corrected for the number of comparisons, after Holm."),
        "mde": number("The smallest drop that the rule would find in 80 % of comparisons."),
        "missing": count("Paired cases without a value on one side."),
        "discordant": count("Pairs that differ."),
        "clusters": count("Groups of cases that are not independent."),
        "test": text("The test behind p, such as mcnemar-midp."),
        "method": text("How the interval is computed."),
        "reason": text("Why there is no value."),
        "undecidable": text("Why it cannot decide."),
        "note": text("What must be known to read it."),
        "detail": text("What the cases can say, in words."),
        "verdict": one_of(_VERDICTS, "What it decides."),
    }
    required = ["pairs", "a", "b", "delta", "low", "high", "p", "p_adjusted", "mde", "test", "verdict"]
    return object_of(required, properties, "One metric of both sides.")


def _metrics(about: str) -> Schema:
    return map_of(part("comparison", "The metric."), about)


def _result() -> Schema:
    """One suite, its prompt and model on both sides."""
    flips = {
        "fixed": texts("Cases that A fails and B passes."),
        "broken": texts("Cases that A passes and B fails."),
    }
    spent = {"a": number("What A used."), "b": number("What B used."), "delta": number("b - a.")}
    properties = {
        "suite": text("The name of the suite."),
        "a": _end("Side A."),
        "b": _end("Side B."),
        "paired": count("Cases that both sides have, with the same inputs and expected values."),
        "only_a": texts("Ids of the cases that A alone has."),
        "only_b": texts("Ids of the cases that B alone has."),
        "changed_cases": texts("Ids of cases whose inputs or expected values differ; they are not paired."),
        "errors": texts("Ids of the cases that failed on either side."),
        "primary": texts("The metrics that decide."),
        "metrics": _metrics("All metrics, by name."),
        "slices": map_of(
            map_of(_metrics("The metrics over its cases."), "By each value of the tag."),
            "The same metrics over parts of the cases, by tag.",
        ),
        "flips": object_of(["fixed", "broken"], flips, "Cases whose verdict changed."),
        "spent": map_of(
            {"type": "object", "properties": spent, "description": "Null where a side does not know it."},
            "Calls, tokens, cost and time of both sides, by name.",
        ),
        "notes": texts("What must be known to read the result."),
        "verdict": one_of(_VERDICTS, "What the deciding metrics say together."),
    }
    return record_of(properties, "One suite with its prompt and model on both sides.")


def _end(about: str) -> Schema:
    properties = {
        "run_id": {"type": ["string", "null"], "description": "The run; null for a baseline."},
        "prompt": text("The prompt and version, or the name of another target."),
        "fingerprint": text("Of everything in the target that can change an answer."),
        "model": text("The model that was asked."),
    }
    return record_of(properties, about)


def _incomplete() -> Schema:
    """An entry of which calls or scores are missing."""
    properties = {
        "side": one_of(("a", "b"), "The side that is not whole."),
        "suite": text("The name of the suite; empty where the run itself did not end as it should."),
        "prompt": text("The prompt and version."),
        "model": text("The model that was asked."),
        "error_kinds": counts("Cases that ended in an error, by its kind."),
        "skipped": count("Cases that were not run."),
        "unscored": count("Cases without a verdict, since a scorer failed."),
    }
    return record_of(properties, "One entry.")
