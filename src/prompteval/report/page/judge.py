"""The page of a judge against people, and that of judges of recorded pairs."""

from collections.abc import Iterator, Sequence

from prompteval.report.judge.tables import judge_heading, judge_notes, judge_tables
from prompteval.report.judge.view import JudgeView
from prompteval.report.page.document import Headline, Section, page_json
from prompteval.report.page.run import PAGE_END, page_start
from prompteval.report.table import Table


def render(view: JudgeView) -> Iterator[str]:
    """A page that works from a file and loads nothing else."""
    yield from page_start(judge_json(view), f"judge {view.name}")
    yield PAGE_END


def judge_json(view: JudgeView) -> dict[str, object]:
    """The document of a judge: whether it may decide, its figures, and its verdicts by length."""
    word = "✓ pass" if view.passed else "✗ fail"
    sentence = f"{view.verdict} (exit {view.exit_code})"
    head = Headline(f"prompteval judge {view.name}", word, "pass" if view.passed else "fail", sentence)
    plots = [*([] if view.labels else _marks(view)), *_lengths(view)]
    drawn = {"plots": plots} if plots else {}
    notes = [*judge_notes(view)]
    section = Section(judge_heading(view), notes=notes, tables=[*judge_tables(view)], drawn=drawn)
    return page_json("judge", head, [section])


def _marks(view: JudgeView) -> Iterator[dict[str, object]]:
    """On a scale the judge's mark against that of people, of which a table of counts would say nothing."""
    if len({truth for _, _, truth in view.lengths}) > 1:
        points = [[truth, said, abs(said - truth) < 1e-9, ""] for _, said, truth in view.lengths]
        yield _scatter("The judge's mark by people's mark", ["people", "judge"], points, "they disagree")


def _lengths(view: JudgeView) -> Iterator[dict[str, object]]:
    """The judge's verdict against the length of the output; filled where people and judge agree."""
    if len({length for length, _, _ in view.lengths}) > 1:
        points = [[length, said, abs(said - truth) < 1e-9, ""] for length, said, truth in view.lengths]
        yield _scatter(
            "Verdict by length of the output", ["characters", "verdict"], points, "people disagree"
        )


def _scatter(title: str, names: list[str], points: object, hollow: str) -> dict[str, object]:
    return {
        "kind": "scatter",
        "title": title,
        "names": names,
        "points": points,
        "words": f"Hollow: {hollow}.",
    }


def render_pairs(tables: Sequence[Table], sentence: str) -> Iterator[str]:
    """A page of the judges of recorded pairs."""
    head = Headline("prompteval judges of pairs", "figures", "none", sentence)
    yield from page_start(page_json("judge", head, [Section("judges", tables=tables)]), "judges of pairs")
    yield PAGE_END
