"""The pages of a sweep and of a judge in a browser."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prompteval.report.page.history import render as history
from prompteval.report.page.judge import render_pairs
from prompteval.report.page.run import render as run
from prompteval.report.page.sweep import render
from prompteval.report.rag_view import LossLine, RagView
from prompteval.report.table import Table
from tests.engine.test_history import make_line
from tests.report.browser.opened import Opener, Shots
from tests.report.browser.test_page import WIDTHS, axe
from tests.report.test_html import make_row, make_view

pytestmark = pytest.mark.slow


def cell(name: str, recall: float, **compared: object) -> dict[str, object]:
    counts = {"chunks": 9, "whole": 3, "spans": 4, "truncated": 0, "seconds": 1.0, "cost_usd": 0.0}
    return {
        "name": name,
        "recall": recall,
        "curve": [[250, 200.0, recall / 2], [500, 480.0, recall]],
        "precision": 0.2,
        "iou": 0.1,
        **counts,
        "verdict": "reference",
        **compared,
    }


BETTER = {"delta": 0.2, "low": 0.1, "high": 0.3, "p_adjusted": 0.01, "verdict": "improved"}
SWEPT = {
    "suite": "<img src=x>", "budget": 500, "questions": 40, "reference": "none bm25",
    "cells": [cell("none bm25", 0.5), cell("fixed 128 hybrid", 0.7, **BETTER)],
}  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_sweep_marks_the_reference_and_what_differs(
    tmp_path: Path, opener: Opener, scheme: Any, shots: Shots
) -> None:
    """In a plot and a table whose differences are drawn; no name is markup, nothing is too wide for a window."""
    pytest.importorskip("axe_playwright_python")
    file = tmp_path / "s.html"
    file.write_text("".join(render(SWEPT)), encoding="utf-8")
    opened = opener.open(file, color_scheme=scheme, bypass_csp=True)
    assert "1 cell differs" in opened.text and opened.page.locator("main img").count() == 0
    assert opened.page.locator(".plot circle.hollow").count() == 1
    assert opened.page.locator(".plot .line.reference").count() == 1
    (said,) = [one for one in opened.page.locator(".legend li").all_inner_texts() if "hybrid" in one]
    assert said == "▲ fixed 128 hybrid: recall 0.700 with 480 tokens (improved)"
    assert opened.page.locator("tbody .delta").count() == 1
    for width in WIDTHS:
        opened.page.set_viewport_size({"width": width, "height": 900})
        assert opened.sideways() <= 0
        shots.keep(opened, f"sweep-{width}-{scheme}")
    assert axe(opened) == [] and opened.wrongs == []


def loss(name: str, better: str, worse: str, a: float, b: float) -> LossLine:
    return LossLine(name, better, worse, 40, a, b, a - b, a - b - 0.1, a - b + 0.1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_losses_fall_from_every_answer_to_those_that_are_right(
    tmp_path: Path, opener: Opener, scheme: Any
) -> None:
    """Each stage once, in the order in which it takes its part; what lies beside the way is left out."""
    pytest.importorskip("axe_playwright_python")
    losses = (
        loss("retrieval", "oracle_distractors", "retrieved", 0.5, 0.3), loss("distraction", "oracle", "oracle_distractors", 0.7, 0.5),
        loss("retrieval and distraction", "oracle", "retrieved", 0.7, 0.3), loss("generation", "perfect", "oracle", 1.0, 0.7),
        loss("all passages", "retrieved", "closed_book", 0.3, 0.4),
    )  # fmt: skip
    view = make_view([make_row(1, "x")], "accuracy")
    result = replace(view.results[0], rag=RagView({"rank_miss": 1}, {}, 1, 40, losses=losses))
    file = tmp_path / "l.html"
    file.write_text("".join(run(replace(view, results=(result,)))), encoding="utf-8")
    opened = opener.open(file, color_scheme=scheme, bypass_csp=True)
    rows = opened.page.locator("tr:has(.fall)")
    texts = [" ".join(one.split()) for one in rows.all_inner_texts()]
    assert texts == [
        "every answer right 1.000", "generation (to oracle) -0.300 [-0.400, -0.200]",
        "distraction (to oracle_distractors) -0.200 [-0.300, -0.100]", "retrieval (to retrieved) -0.200 [-0.300, -0.100]",
        "right with retrieved 0.300",
    ]  # fmt: skip
    edges = [
        (float(one.get_attribute("x") or 0), float(one.get_attribute("width") or 0))
        for one in rows.locator("rect").all()
    ]
    assert all(edges[n][0] == pytest.approx(sum(edges[n + 1])) for n in (1, 2)) and edges[0][1] == 200
    assert axe(opened) == [] and opened.wrongs == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_history_draws_a_point_for_each_run(
    tmp_path: Path, opener: Opener, scheme: Any, shots: Shots
) -> None:
    """With its interval, the gate's line, and the baseline hollow; nothing is too wide for a window."""
    pytest.importorskip("axe_playwright_python")
    file = tmp_path / "h.html"
    line = make_line(30)
    points = (*line.points[:9], replace(line.points[9], stopped="40 of 50 cases"), *line.points[10:])
    file.write_text("".join(history([replace(line, points=points)])), encoding="utf-8")
    opened = opener.open(file, color_scheme=scheme, bypass_csp=True)
    first = opened.page.locator(".plot").first
    assert first.locator("circle").count() == 29 and first.locator(".diamond").count() == 1
    assert first.locator(".ends").count() == 30
    assert first.locator(".limit").count() == first.locator("circle.hollow").count() == 1
    for width in WIDTHS:
        opened.page.set_viewport_size({"width": width, "height": 900})
        assert opened.sideways() <= 0
        shots.keep(opened, f"history-{width}-{scheme}")
    assert axe(opened) == [] and opened.wrongs == []


def test_a_table_is_sorted_by_a_click_on_its_head(tmp_path: Path, opener: Opener) -> None:
    """The largest first, then the smallest; the order is said to those who do not see it."""
    file = tmp_path / "t.html"
    rows = [["a", "2.5"], ["b", "10.0"], ["c", "–"]]
    file.write_text("".join(render_pairs([Table("t", ("judge", "kappa"), rows)], "x")), encoding="utf-8")
    opened = opener.open(file)
    button = opened.page.get_by_role("button", name="kappa")
    orders = []
    for _ in range(2):
        button.click()
        orders.append(opened.page.locator("tbody th").all_inner_texts())
    assert orders == [["b", "a", "c"], ["a", "b", "c"]]
    assert opened.page.locator("th[aria-sort]").get_attribute("aria-sort") == "ascending"
