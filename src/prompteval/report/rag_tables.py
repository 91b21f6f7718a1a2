"""The tables of a retrieval suite, alike for the terminal, the page and Markdown."""

from collections.abc import Iterator, Sequence

from prompteval.report.format import interval, number
from prompteval.report.rag_view import LossLine, RagView
from prompteval.report.table import Table

# Of each reason: `show --reason` lists them all.
IDS_SHOWN = 3


def rag_tables(view: RagView, *, full: bool) -> Iterator[Table]:
    """Each table that says something."""
    if view.failed:
        yield _reasons(view)
    if view.losses and full:
        rows = [_loss(line) for line in view.losses]
        yield Table("what each stage costs, in right answers", _LOSS_HEADS, rows)
    if view.abstention and full:
        rows = [[e.metric, number(e.value), interval(e), str(e.n)] for e in view.abstention]
        heads = ("score", "value", "95 % interval", "questions")
        yield Table("abstention, by what a wrong answer costs", heads, rows)
    if view.curve and full:
        points = [[f"{coverage:.2f}", number(risk)] for coverage, risk in view.curve]
        yield Table("risk by coverage, most confident first", ("coverage", "wrong"), points)


def _reasons(view: RagView) -> Table:
    """Each reason with its cases; how often the encoder cut the gold, where it did."""
    cut = bool(view.truncated)
    heads = ("reason", "cases", "questions", *(["encoder cut the gold"] if cut else []))
    rows = [
        [
            reason,
            _first(view.cases.get(reason, ())),
            str(count),
            *([str(view.truncated.get(reason, 0) or "")] if cut else []),
        ]
        for reason, count in view.attribution.items()
    ]
    title = f"failed questions by their first failing stage: {view.failed} of {view.questions}"
    return Table(title, heads, rows, texts=2)


def _first(ids: Sequence[str]) -> str:
    """The first ids, and how many more there are."""
    more = len(ids) - IDS_SHOWN
    return ", ".join(ids[:IDS_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


_LOSS_HEADS = ("loss", "better", "worse", "difference", "95 % interval", "questions")


def _loss(line: LossLine) -> list[str]:
    ends = "–" if line.low is None or line.high is None else f"[{line.low:+.3f}, {line.high:+.3f}]"
    difference = "–" if line.delta is None else f"{line.delta:+.3f}"
    name = f"{line.loss} ({line.better} − {line.worse})"
    return [name, number(line.a), number(line.b), difference, ends, str(line.pairs)]
