"""The tables of a retrieval suite, alike for the terminal and Markdown."""

from collections.abc import Iterator

from prompteval.report.format import interval, number
from prompteval.report.rag_view import LossLine, RagView

RagTable = tuple[str, tuple[str, ...], list[list[str]]]


def tables(view: RagView, *, verbose: bool) -> Iterator[RagTable]:
    """(title, column heads, rows) of each table there is."""
    rows = [
        [reason, str(count), str(view.truncated.get(reason, 0) or "")]
        for reason, count in view.attribution.items()
    ]
    if view.questions:
        title = f"failed questions by their first failing stage: {view.failed} of {view.questions}"
        yield title, ("reason", "questions", "encoder cut the gold"), rows
    if view.losses:
        yield "what each stage costs, in right answers", _LOSS_HEADS, [_loss(line) for line in view.losses]
    if view.abstention:
        cells = [[e.metric, number(e.value), interval(e), str(e.n)] for e in view.abstention]
        heads = ("score", "value", "95 % interval", "questions")
        yield "abstention, by what a wrong answer costs", heads, cells
    if view.curve and verbose:
        points = [[f"{coverage:.2f}", number(risk)] for coverage, risk in view.curve]
        yield "risk by coverage, most confident first", ("coverage", "wrong"), points


_LOSS_HEADS = ("loss", "better", "worse", "difference", "95 % interval", "questions")


def _loss(line: LossLine) -> list[str]:
    ends = "–" if line.low is None or line.high is None else f"[{line.low:+.3f}, {line.high:+.3f}]"
    difference = "–" if line.delta is None else f"{line.delta:+.3f}"
    name = f"{line.loss} ({line.better} − {line.worse})"
    return [name, number(line.a), number(line.b), difference, ends, str(line.pairs)]
