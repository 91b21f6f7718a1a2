"""The JSON Schemas of `judge check`, `judge compare` and `judge rank` with `--json`."""

from prompteval.report.schema_parts import (
    Schema,
    constant,
    count,
    document_of,
    flag,
    list_of,
    map_of,
    nullable,
    number,
    object_of,
    one_of,
    part,
    record_of,
    text,
    texts,
)

_UNPARSED = one_of(("missing", "wrong"), "How replies without a verdict count.")


def judge_check_schema() -> Schema:
    """The document of `judge check --json`: a calibration, or the judges of recorded pairs."""
    judge = {
        "name": text("The scorer."),
        "fingerprint": text("Of all that can change its verdicts."),
        "prompt": text("Its prompt and version."),
        "prompt_fingerprint": text("Of the prompt."),
        "model": text("The model that it asks."),
    }
    labels = {
        "path": text("The file of labels, from the workspace's root."),
        "fingerprint": text("Of the labels."),
        "count": count("How many there are."),
        "annotators": count("How many people gave them."),
    }
    scale = {
        "labels": texts("The words of the judge; empty for a scale of numbers."),
        "passes": texts("Those that pass."),
        "low": number("The lower end of a scale."),
        "high": number("The upper end."),
    }
    sliced = map_of(map_of(part("figures", "Of one value."), "By value."), "The same figures by tag.")
    figures = _figures()
    figures["properties"]["slices"] = sliced
    properties = {
        "schema": constant("prompteval/judge@1", "The version of this document."),
        "judge": record_of(judge, "The judge that was checked."),
        "labels": record_of(labels, "The labels of people."),
        "scale": record_of(scale, "What its verdicts are compared as."),
        "unparsed": _UNPARSED,
        "epsilon": number("What the alternative annotator test allows the judge."),
        "slices": texts("The tags whose slices are in the figures."),
        "figures": figures,
        "rows": list_of(_row(), "Every verdict that the figures rest on."),
        "attacks": list_of(_attack(), "What injections did, with --attack."),
    }
    required = [name for name in properties if name != "attacks"]
    checked = object_of(required, properties, "One judge beside the labels of people.")
    return document_of(
        "prompteval judge check",
        {"anyOf": [checked, _pairs()]},
        figures=_figures(), interval=_interval(), pairs=_of_pairs(),
    )  # fmt: skip


def judge_compare_schema() -> Schema:
    """The document of `judge compare --json`."""
    agreement = {
        "a": number("The agreement of the first judge with people."),
        "b": number("That of the second."),
        "delta": number("The second less the first."),
        "low": number("The lower end of its 95 % interval."),
        "high": number("The upper end."),
        "p": number("The p-value of the test."),
        "test": text("The test."),
        "pairs": count("The cases that both have judged."),
    }
    side = _figures()
    properties = {
        "schema": constant("prompteval/judge-compare@1", "The version of this document."),
        "run_id": text("The run whose outputs were judged."),
        "judges": list_of(
            object_of(
                ["prompt", *side["required"]],
                {"prompt": text("The judge's prompt and version."), **side["properties"]},
                "A judge.",
            ),
            "The two judges.",
        ),
        "agreement": record_of(agreement, "Their agreement with people, case by case."),
    }
    found = record_of(properties, "Two judges over the same labelled outputs.")
    return document_of("prompteval judge compare", found, interval=_interval())


def judge_rank_schema() -> Schema:
    """The document of `judge rank --json`."""
    strength = {
        "version": text("The version."),
        "value": number("Its strength, 0 for the reference."),
        "low": number("The lower end of its 95 % interval; null for the reference."),
        "high": number("The upper end."),
    }
    properties = {
        "schema": constant("prompteval/judge-rank@1", "The version of this document."),
        "judge": text("The judge of pairs."),
        "reference": text("The version that the others are measured from."),
        "comparisons": count("How often the judge compared two outputs."),
        "cases": count("The cases that they are of."),
        "ties": count("Comparisons without a winner."),
        "reason": text("Why there is no order; empty where there is."),
        "strengths": list_of(record_of(strength, "One version."), "From the strongest."),
    }
    return document_of("prompteval judge rank", record_of(properties, "Versions by strength."))


def _interval() -> Schema:
    properties = {
        "value": number("The figure."),
        "low": number("The lower end of its 95 % interval."),
        "high": number("The upper end."),
        "reason": text("Why there is none; absent where there is."),
    }
    return object_of(["value", "low", "high"], properties, "A figure with its interval.")


def _figure(about: str) -> Schema:
    return nullable(part("interval", "With its interval."), about)


def _constant_judge() -> Schema:
    properties = {
        "label": {"type": ["string", "number"], "description": "The label."},
        "agreement": number("The share of labels that it agrees with."),
    }
    return record_of(properties, "A judge that gives one label.")


def _figures() -> Schema:
    samples = {
        "outputs": count("Outputs that were judged several times."),
        "same": count("Those of them with the same verdict each time."),
        "spread": number("The mean standard deviation of the verdicts of one output."),
    }
    orders = {
        "pairs": count("Pairs that were judged in both orders."),
        "changed": count("Those of them with another verdict."),
    }
    probability = {
        "n": count("Verdicts with a probability."),
        "auroc": _figure("How well it ranks what people pass."),
        "brier": number("The Brier score."),
        "constant_brier": number("That of always giving the share that passes."),
    }
    properties = {
        "n": count("Verdicts that are compared with people."),
        "unparsed": count("Replies without a verdict."),
        "undecided": count("Outputs on which people do not agree."),
        "agreement": number("The share of verdicts that people gave too."),
        "constant": nullable(_constant_judge(), "The best judge that always says the same."),
        "kappa": _figure("Cohen's kappa; quadratic weights on a scale."),
        "ac1": _figure("Gwet's AC1."),
        "positive": number("The share that people pass."),
        "says": number("The share that the judge passes."),
        "sensitivity": _figure("The share of what people pass that the judge passes."),
        "specificity": _figure("The share of what people fail that the judge fails."),
        "spearman": _figure("The rank correlation on a scale."),
        "length": number("The correlation of verdicts and lengths of outputs, given what people say."),
        "samples": record_of(samples, "Outputs that were judged again."),
        "orders": record_of(orders, "Pairs in both orders."),
        "confusion": list_of(
            {"type": "array", "items": {"type": "integer", "minimum": 0}},
            "A line for each label of people, in it how often the judge said each; empty on a scale.",
        ),
        "annotators": count("How many people gave labels."),
        "alpha": number("Krippendorff's alpha between them."),
        "alt_test": nullable(_alt_test(), "The alternative annotator test; null with too few annotators."),
        "probability": nullable(
            record_of(probability, "Its figures."), "Of a judge that gives probabilities."
        ),
    }
    return record_of(properties, "How far a judge agrees with people.")


def _alt_test() -> Schema:
    one = {
        "name": text("The annotator."),
        "items": count("Outputs that are compared."),
        "advantage": number("The share of them on which the judge is as near to the others."),
        "p": number("The p-value of the test."),
        "won": flag("Whether the judge beats the annotator."),
    }
    properties = {
        "epsilon": number("What the judge is allowed."),
        "winning_rate": number("The share of annotators that it beats."),
        "advantage": number("The mean advantage."),
        "passed": flag("Whether it beats half of them or more."),
        "annotators": list_of(record_of(one, "One annotator."), "Each annotator."),
    }
    return record_of(
        properties,
        "Whether the judge can stand for a person (Calderon, Reichart and Dror 2025).",
    )


def _row() -> Schema:
    verdict = {"type": ["string", "number", "null"], "description": "What the judge said; null for nothing."}
    properties = {
        "case_id": text("The case."),
        "replicate": count("Which of its repeats."),
        "output": text("The fingerprint of the output."),
        "labels": text("The fingerprint of its labels."),
        "verdict": verdict,
        "length": number("The length of the output in characters."),
        "samples": list_of({"type": "number"}, "What the judge said each time."),
        "order_changed": flag("Whether the other order had another verdict."),
        "probability": number("The probability that it passes."),
        "tags": map_of({"type": "string"}, "The tags of the slices."),
    }
    return object_of(["case_id", "replicate", "output", "labels", "verdict"], properties, "One verdict.")


def _attack() -> Schema:
    properties = {
        "injection": text("The injection."),
        "in": text("Where it was written."),
        "n": count("Outputs that were judged with it."),
        "before": number("The mean verdict without it."),
        "after": number("The mean verdict with it."),
        "shift": number("The difference."),
        "low": number("The lower end of its 95 % interval."),
        "high": number("The upper end."),
        "changed": count("Outputs with another verdict."),
        "moved": flag("Whether the judge moves towards what the injection asks for."),
    }
    return record_of(properties, "One injection.")


def _pairs() -> Schema:
    of = _of_pairs()
    judge = {"judge": text("The judge."), "prompt": text("Its prompt."), **of["properties"]}
    judge["slices"] = map_of(map_of(part("pairs", "Of one value."), "By value."), "The same by tag.")
    properties = {
        "schema": constant("prompteval/judge-pairs@1", "The version of this document."),
        "unparsed": _UNPARSED,
        "judges": list_of(record_of(judge, "One judge."), "The judges of recorded pairs."),
    }
    return record_of(properties, "Recorded judgements of pairs beside people.")


def _of_pairs() -> Schema:
    order = {
        "n": count("Pairs with a label."),
        "right": count("Those that the judge decides as people do."),
        "unparsed": count("Replies without a verdict."),
        "accuracy": number("The share that is right."),
        "kappa": _figure("Cohen's kappa with people."),
    }
    first = {
        "preferred": count("How often what was shown first was preferred."),
        "of": count("Verdicts with a preference."),
    }
    properties = {
        "pairs": count("Pairs."),
        "orders": map_of(record_of(order, "One order."), "By the order of the two."),
        "both": count("Pairs judged in both orders."),
        "both_right": count("Those right in both."),
        "same": count("Those with the same verdict in both."),
        "changed": count("Those with another verdict."),
        "right": count("Pairs with the preference of people, by the sign of both orders."),
        "wrong": count("Pairs with the opposite."),
        "neither": count("Pairs with a tie where people prefer one, or the other way round."),
        "accuracy": number("The share of pairs that are right."),
        "ties": count("Ties."),
        "first_shown": record_of(first, "What was shown first."),
        "kappa_between_orders": _figure("Cohen's kappa between the orders."),
        "constant": nullable(_constant_judge(), "The best judge that always says the same."),
    }
    return record_of(properties, "How far a judge of pairs agrees with people.")
