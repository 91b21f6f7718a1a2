"""The forms of a gate rule, and the facts of a run that one may name."""

from collections.abc import Mapping

from prompteval.plan.gates import Beats, NoRegression
from prompteval.reference.entry import Entry, Example, Fact, Group, Option, documented
from prompteval.stats.gate import COMPARISONS, FACT_HIGH, FACT_LOW, RUN_FACTS, SMALLEST_SLICE
from prompteval.workspace.gate_section import BeatsRule, NoRegressionRule
from prompteval.workspace.validation import FileModel

FRAME = "gate:\n  - {}"
KIND = "gate rule"
THRESHOLD, LOWER_END, SLICE = "metric >= x", "metric.low >= x", "slice(tag).metric >= x"
_FORMS = (
    (
        THRESHOLD, (),
        f"The value of a metric against a threshold. Comparisons are {', '.join(COMPARISONS)}.",
        "accuracy >= 0.85",
    ),
    (
        LOWER_END, ("metric.high <= x",),
        "An end of the metric's 95 % interval, low or high, against a threshold: met where the data show it.",
        "accuracy.low >= 0.8",
    ),
    (
        SLICE, ("slice(tag=value).metric >= x",),
        "The metric in every value of a tag that is in `slices`, or in one: slice(tag=value). "
        f"Values with under {SMALLEST_SLICE} cases do not decide.",
        "slice(language).accuracy >= 0.75",
    ),
)  # fmt: skip
_COMPARING: Mapping[str, tuple[type, type[FileModel]]] = {
    "beats": (Beats, BeatsRule),
    "no_regression": (NoRegression, NoRegressionRule),
}


def gate_group() -> Group:
    """Rules with a threshold, rules that compare, facts of a run."""
    forms = [
        Entry(name, KIND, meaning, example=Example(FRAME.replace("{}", text), "yaml"), others=others)
        for name, others, meaning, text in _FORMS
    ]
    comparing = [
        documented(
            Entry(
                name,
                KIND,
                "",
                options=tuple(Option(key, item.description or "") for key, item in form.model_fields.items()),
            ),
            rule,
            FRAME,
        )
        for name, (rule, form) in _COMPARING.items()
    ]
    return Group("Gate rules", "gates", (*forms, *comparing, *(_fact(name) for name in RUN_FACTS)))


def _fact(name: str) -> Entry:
    high = FACT_HIGH.get(name)
    ends = f"from {FACT_LOW:g}" + ("" if high is None else f" to {high:g}")
    rule = f"{name} " + (">= 0.95" if high else "<= 1")
    return Entry(
        name,
        "fact of a run, in a gate",
        RUN_FACTS[name],
        facts=(Fact("scale", ends), Fact("read", "over all cases, never in a slice")),
        example=Example(FRAME.replace("{}", rule), "yaml"),
    )
