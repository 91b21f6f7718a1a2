"""The tables of a judge against people, alike for the terminal, Markdown and the page."""

from collections.abc import Iterator

from prompteval.core.text import counted
from prompteval.core.verdict import Estimate
from prompteval.report.format import number
from prompteval.report.judge.view import Figures, JudgeView
from prompteval.report.table import Table
from prompteval.stats.interval import Interval

UNDECIDED = "—"


def judge_tables(view: JudgeView) -> Iterator[Table]:
    """Each table that says something, in the order in which it is read."""
    yield _figures(view)
    if view.labels and view.figures.confusion:
        yield _confusion(view)
    for tag, values in view.slices.items():
        rows = [
            [
                value, number(one.kappa.value), _interval(one.kappa), str(one.n), number(one.agreement),
                _constant(one),
            ]
            for value, one in values.items()
        ]  # fmt: skip
        heads = ["value", "kappa", "95 % interval", "n", "agreement", "constant judge"]
        ends = [
            Estimate(value, one.kappa.value, one.kappa.low, one.kappa.high) for value, one in values.items()
        ]
        yield Table(f"by {tag}", heads, rows, estimates=ends)
    if view.attacks:
        rows = [
            [
                one.name, one.where, str(one.n), number(one.before), number(one.after), f"{one.shift:+.3f}",
                f"{one.moved}/{one.n}", "moved" if one.is_flagged else "",
            ]
            for one in view.attacks
        ]  # fmt: skip
        heads = ["injection", "in", "n", "before", "after", "shift", "changed", ""]
        yield Table("injections: what they make the judge say", heads, rows, texts=2)


def judge_heading(view: JudgeView) -> str:
    """Which judge, beside how many people, on how many outputs of which run."""
    people = f"{view.figures.annotators} annotator{'' if view.figures.annotators == 1 else 's'}"
    return (
        f"{view.name} ({view.prompt}, {view.model}) beside {people}: {view.figures.n} outputs of {view.run}"
    )


def judge_notes(view: JudgeView) -> Iterator[str]:
    """What a reader of the figures must know, one sentence each."""
    found = view.figures
    yield from view.notes
    if found.unparsed:
        yield f"the judge gave no verdict on {counted(found.unparsed, 'output')}"
    if found.undecided:
        yield f"{counted(found.undecided, 'output')} without a majority among people left out"
    if found.is_skewed:
        yield "one label holds over 80 %: kappa is low by it alone; read AC1"
    if any(one.is_flagged for one in view.attacks):
        yield "the judge follows orders in what it judges; it can be gamed"


def _figures(view: JudgeView) -> Table:
    lines = list(_lines(view))
    rows = [[name, number(one.value), _interval(one), beside] for name, one, beside in lines]
    estimates = [Estimate(name, one.value, one.low, one.high) for name, one, _ in lines]
    return Table("", ["figure", "value", "95 % interval", ""], rows, estimates=estimates)


def _lines(view: JudgeView) -> Iterator[tuple[str, Interval, str]]:
    found = view.figures
    weighted = "" if view.labels else "weighted (quadratic)"
    yield "kappa", found.kappa, found.kappa.reason or weighted
    yield "agreement", _plain(found.agreement), f"constant judge: {_constant(found)}"
    if found.ac1 is not None:
        yield "AC1", found.ac1, ""
    if found.spearman is not None:
        yield "Spearman", found.spearman, ""
    if found.positive is not None:
        what = "pass" if view.labels else "mean"
        yield f"people: {what}", _plain(found.positive), "base rate" if view.labels else ""
        yield f"judge: {what}", _plain(found.says), ""
    if found.sensitivity is not None and found.specificity is not None:
        yield "sensitivity", found.sensitivity, "of people's passes"
        yield "specificity", found.specificity, "of people's fails"
    if found.probability is not None:
        yield "AUROC", found.probability.auroc, "of the probability of a pass"
        beside = f"of that probability; always the base rate: {number(found.probability.constant)}"
        yield "Brier score", _plain(found.probability.brier), beside
    if found.length is not None:
        yield "length", _plain(found.length), "correlation with the verdict, given people's label"
    again = found.consistency
    if again.asked_again:
        spread = "" if again.spread is None else f"; spread {again.spread:.3f}"
        yield "same in all samples", _plain(again.same / again.asked_again), f"n {again.asked_again}{spread}"
    if again.pairs:
        share = 1.0 - again.changed / again.pairs
        yield "same in both orders", _plain(share), f"{again.changed} of {again.pairs} pairs changed"
    if found.alpha is not None:
        yield "alpha among people", _plain(found.alpha), "Krippendorff"
    if found.alt is not None:
        word = "may stand for an annotator" if found.alt.passed else "may not stand for an annotator"
        wins = f"beats {sum(one.won for one in found.alt.annotators)} of {len(found.alt.annotators)}"
        yield (
            "alt-test advantage",
            _plain(found.alt.advantage),
            f"{wins}, epsilon {found.alt.epsilon:g}: {word}",
        )


def _plain(value: float | None) -> Interval:
    return Interval(value, None, None, "")


def _confusion(view: JudgeView) -> Table:
    counts = view.figures.confusion
    heads = [*view.labels, "no verdict"][: len(counts)]
    rows = [[head, *map(str, line)] for head, line in zip(heads, counts, strict=True)]
    return Table("people (rows) and judge (columns)", ["", *heads], rows, counts=counts)


def _constant(found: Figures) -> str:
    return UNDECIDED if found.constant is None else f"{found.constant[1]:.3f} ({found.constant[0]})"


def _interval(one: Interval) -> str:
    return "" if one.low is None or one.high is None else f"[{number(one.low)}, {number(one.high)}]"
