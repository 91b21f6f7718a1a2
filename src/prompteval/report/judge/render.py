"""A judge against people as JSON, as Markdown, and in a terminal."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prompteval.core.text import one_line, printable
from prompteval.report import plain_markdown
from prompteval.report.judge.tables import judge_heading, judge_notes, judge_tables
from prompteval.report.judge.view import Attack, Figures, JudgeView
from prompteval.report.terminal import table as show_table
from prompteval.stats.interval import Interval
from prompteval.stats.judged.alt_test import AltTest

if TYPE_CHECKING:
    from rich.console import Console


def show_judge(view: JudgeView, console: "Console") -> None:
    """Print it to a console."""
    console.print(printable(one_line(judge_heading(view))), markup=False, highlight=False)
    for note in judge_notes(view):
        console.print(f"note: {printable(note)}", markup=False, highlight=False)
    for found in judge_tables(view):
        show_table(console, found)


def last_line(view: JudgeView) -> str:
    """The verdict in words."""
    return f"{'pass' if view.passed else 'fail'}: {view.verdict} (exit {view.exit_code})"


def markdown(view: JudgeView) -> Iterator[str]:
    """The tables as Markdown."""
    yield f"## {plain_markdown.safe(judge_heading(view))}\n\n"
    yield f"{plain_markdown.safe(last_line(view))}\n\n"
    for note in judge_notes(view):
        yield f"- {plain_markdown.safe(note)}\n"
    for found in judge_tables(view):
        yield "\n"
        yield from plain_markdown.table(found)


def figures_json(found: Figures) -> dict[str, object]:
    """The figures as JSON values."""
    again = found.consistency
    return {
        "n": found.n,
        "unparsed": found.unparsed,
        "undecided": found.undecided,
        "agreement": found.agreement,
        "constant": None
        if found.constant is None
        else {"label": found.constant[0], "agreement": found.constant[1]},
        "kappa": interval_json(found.kappa),
        "ac1": interval_json(found.ac1),
        "positive": found.positive,
        "says": found.says,
        "sensitivity": interval_json(found.sensitivity),
        "specificity": interval_json(found.specificity),
        "spearman": interval_json(found.spearman),
        "length": found.length,
        "samples": {"outputs": again.asked_again, "same": again.same, "spread": again.spread},
        "orders": {"pairs": again.pairs, "changed": again.changed},
        "confusion": [list(line) for line in found.confusion],
        "annotators": found.annotators,
        "alpha": found.alpha,
        "alt_test": None if found.alt is None else _alt_test_json(found.alt),
        "probability": None
        if found.probability is None
        else {
            "n": found.probability.n,
            "auroc": interval_json(found.probability.auroc),
            "brier": found.probability.brier,
            "constant_brier": found.probability.constant,
        },
    }


def _alt_test_json(found: AltTest) -> dict[str, object]:
    annotators = [
        {"name": one.annotator, "items": one.items, "advantage": one.advantage, "p": one.p, "won": one.won}
        for one in found.annotators
    ]
    return {
        "epsilon": found.epsilon,
        "winning_rate": found.winning_rate,
        "advantage": found.advantage,
        "passed": found.passed,
        "annotators": annotators,
    }


def attack_json(one: Attack) -> dict[str, object]:
    """An injection as JSON values."""
    return {
        "injection": one.name, "in": one.where, "n": one.n, "before": one.before, "after": one.after,
        "shift": one.shift, "low": one.low, "high": one.high, "changed": one.moved, "moved": one.is_flagged,
    }  # fmt: skip


def interval_json(one: Interval | None) -> dict[str, object] | None:
    """An interval as JSON values."""
    if one is None:
        return None
    found: dict[str, object] = {"value": one.value, "low": one.low, "high": one.high}
    return {**found, "reason": one.reason} if one.reason else found
