"""The page of a judge: agreement by slice drawn with its interval, and marks beside marks on a scale."""

import numpy as np
import pytest

from prompteval.analysis.judges.figures import judge_figures
from prompteval.analysis.judges.rows import JudgedRow
from prompteval.judging.scale import JudgeScale
from prompteval.report.judge.tables import judge_tables
from prompteval.report.judge.view import JudgeView
from prompteval.report.page.judge import judge_json, render

LABELS, MARKS = JudgeScale(("yes", "no"), ("yes",)), JudgeScale(low=1.0, high=5.0)


def view(scale: JudgeScale, count: int = 60) -> JudgeView:
    """Outputs of which every fifth is judged otherwise than by people, in two topics in turn."""
    generator = np.random.default_rng(0)
    words = [float(n % 5 + 1) if scale.is_numeric else ("yes", "no")[n % 2] for n in range(count)]
    said = [words[(n + 1) % count] if n % 5 == 0 else words[n] for n in range(count)]
    rows = [
        JudgedRow(f"c{n}", 0, f"o{n}", said[n], {"a": words[n]}, "m", None, (("topic", "ab"[n // 2 % 2]),),
                  float(generator.integers(10, 900)))
        for n in range(count)
    ]  # fmt: skip
    figures = judge_figures(rows, scale, slices=("topic",))
    points = tuple(
        (row.length or 0.0, scale.value(said[n]), scale.value(words[n])) for n, row in enumerate(rows)
    )
    return JudgeView(
        "j", "j@v1", "m", "run r", figures, scale.labels, True, "", figures.slices, (), (), points
    )


def test_each_slice_is_drawn_with_its_interval() -> None:
    """Kappa in the column that the interval stands beside, as in the table of all figures."""
    shown = view(LABELS)
    by_topic = next(table for table in judge_tables(shown) if table.title == "by topic")
    assert [one.metric for one in by_topic.estimates] == [row[0] for row in by_topic.rows] == ["a", "b"]
    assert all(one.low < one.value < one.high for one in by_topic.estimates)  # type: ignore[operator]
    assert by_topic.heads[by_topic.texts] == "kappa"


@pytest.mark.parametrize(("scale", "titles"), [(LABELS, 1), (MARKS, 2)])
def test_a_scale_has_marks_beside_marks(scale: JudgeScale, titles: int) -> None:
    """Labels have a table of counts for that; both have verdicts by length, hollow where people disagree."""
    shown = view(scale)
    (section,) = judge_json(shown)["sections"]  # type: ignore[misc]
    plots = section["drawn"]["plots"]
    assert len(plots) == titles and sum(same for _, _, same, _ in plots[-1]["points"]) == 48
    assert "".join(render(shown)).startswith("<!doctype html>")
