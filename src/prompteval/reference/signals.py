"""The signals of `monitor`: what each compares, its effect and interval, its test, and its threshold."""

from collections.abc import Sequence
from dataclasses import dataclass

from prompteval.reference.entry import Entry, Example, Fact, Group

KIND, ANY_INPUT = "signal of monitor", "inputs.NAME"
_SHARES = "Newcombe, for all classes at once (Bonferroni)"
_BURN = "burn rate: 1 spends the budget in its own time"
_PSI = "delta method, less the bias of sampling"


@dataclass(frozen=True, slots=True)
class _Signal:
    """A signal; `example` is below `signals:` of a monitor file."""

    name: str
    about: str
    effect: str
    interval: str
    test: str
    key: str
    example: str
    others: Sequence[str] = ()


_SIGNALS = (
    _Signal(
        "predictions",
        "The shares of the classes that the prompt answers, beside those of the reference. An output that is "
        "invalid, refused or failed is a class of its own, in brackets. Total variation, PSI and "
        "Jensen-Shannon are shown beside it, each with its 95th percentile under no change.",
        "largest absolute change of a class's share", _SHARES,
        "G-test; by exchanging rows where a class has under 10 expected",
        "signals.predictions.shift", "predictions: {field: intent, shift: 0.15}",
    ),
    _Signal(
        ANY_INPUT,
        "One input of the prompt, or the length of its texts, over the deciles of the reference where it is "
        "a number and over its values where it is a word. KL is shown in both directions.",
        "population stability index (PSI)", _PSI,
        "Kolmogorov-Smirnov of a number, G-test of words",
        "signals.inputs.psi", "inputs: {features: [length, channel], psi: 0.2}", ("inputs.length",),
    ),
    _Signal(
        "inputs.language",
        "The languages of the texts: as the log has them, else of a sample of 5,000 rows of each side, by "
        "script and by commonest words.",
        "population stability index (PSI) over languages", _PSI, "G-test",
        "signals.inputs.psi", "inputs: {features: [language], psi: 0.2}",
    ),
    _Signal(
        "inputs.embedding",
        "How well a linear classifier tells texts of the window from those of the reference by their "
        "embeddings, on rows held out of a sample of 5,000 of each side. 0.5 is not at all.",
        "AUROC", "DeLong on the logit", "499 permutations",
        "signals.inputs.auroc", "inputs: {features: [embedding], auroc: 0.6}",
    ),
    _Signal(
        "latency.p99_ms",
        "A percentile of the latency against its limit.",
        "the percentile, in ms", "order statistics",
        "exact binomial of the rows over the limit, three at least",
        "signals.latency.p99_ms", "latency: {p99_ms: 1500}", ("latency.p50_ms", "latency.p95_ms"),
    ),
    _Signal(
        "latency.slo",
        "The error budget of the share of requests that must be under p99_ms. It alerts where both windows "
        "of a pair burn too fast: 1 h and 5 min at 14.4, 6 h and 30 min at 6, 3 d and 6 h at 1.",
        _BURN, "exact",
        "exact binomial of the longer window, three slow requests at least",
        "signals.latency.slo", "latency: {p99_ms: 1500, slo: 0.99}",
    ),
    _Signal(
        "errors",
        "The share of calls that failed. The reference's rate is shown beside it and does not decide. "
        "A rate of 0 allows no failure: one alerts, and there is no errors.budget.",
        "the share", "Clopper-Pearson", "exact binomial, three failures at least",
        "signals.errors.rate", "errors: {rate: 0.001}",
    ),
    _Signal(
        "errors.budget",
        "The error budget of the rate that is allowed, over the same three pairs of windows as latency.slo.",
        _BURN, "exact",
        "exact binomial of the longer window, three failures at least",
        "signals.errors.rate", "errors: {rate: 0.001}",
    ),
    _Signal(
        "feedback",
        "A metric of the rows whose label or score has come, beside that of the reference's labelled rows. "
        "The share of rows without feedback is said by class.",
        "drop of the metric, on different rows", "Newcombe (accuracy), Welch (means), BCa (others)",
        "z test, Welch, exchanged rows",
        "signals.feedback.drop", 'feedback: {metric: "f1(average=macro)", drop: 0.05}',
    ),
)  # fmt: skip


def signal_group() -> Group:
    """Every signal, in the order of a report."""
    return Group("Signals of monitor", "signals", tuple(_entry(one) for one in _SIGNALS))


def _entry(one: _Signal) -> Entry:
    facts = [
        Fact("effect", one.effect),
        Fact("interval", f"95 %: {one.interval}"),
        Fact("test", one.test),
        Fact("threshold", one.key),
    ]
    if one.effect != _BURN:
        facts.append(Fact("alerts", "where the interval is beyond the threshold and p survives Holm"))
    example = Example(f"signals:\n  {one.example}", "yaml")
    return Entry(one.name, KIND, one.about, tuple(facts), example=example, others=tuple(one.others))
