"""The page of a comparison in a browser."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prompteval.report.comparison.view import Change, ComparedEnd, ComparisonView
from prompteval.report.page.comparison import render
from prompteval.report.prompt_text import PromptText
from tests.report.browser.opened import Opener, Shots
from tests.report.browser.test_page import WIDTHS, axe, says
from tests.report.comparison.test_page import A, B, make_comparison
from tests.report.test_html import HOSTILE, make_row

pytestmark = pytest.mark.slow
VIEWS = ("#/summary", "#/cases", "#/case?suite=s&id=x")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    file = tmp_path / "c.html"
    file.write_text("".join(render(make_comparison())), encoding="utf-8")
    return file


def many_broken(a: ComparedEnd = A) -> ComparisonView:
    """24 broken cases, with rows on the sides that have a run."""
    view, ids = make_comparison(a=a), tuple(f"c{n}" for n in range(24))
    rows = [(0, side, make_row(n, name, 0.0)) for side in ("a", "b") for n, name in enumerate(ids)]
    rows = [row for row in rows if a.run_id or row[1] == "b"]
    kept = replace(
        view.results[0], broken=ids, fixed=(),
        changes=lambda ids: (Change(name, "parks" if a.run_id else None, "roads") for name in ids),
    )  # fmt: skip
    return replace(view, results=(kept,), rows=lambda: iter(rows))


def test_metrics_stand_first_and_a_broken_case_is_a_line(
    tmp_path: Path, opener: Opener, shots: Shots
) -> None:
    """The metrics are above the cases, of which the first 8 have a line each; a link leads to all of them."""
    file = tmp_path / "m.html"
    file.write_text("".join(render(many_broken())), encoding="utf-8")
    opened = opener.open(file)
    table = opened.page.locator(".flips table")
    assert table.locator("tbody tr").count() == 8
    cells = table.locator("tbody tr").first.locator("th, td").all_inner_texts()
    assert cells[0] == "c0" and cells[1] and cells[2] and cells[3] == "parks → roads"
    tops = [opened.page.locator(one).first.bounding_box()["y"] for one in (".stacks", ".flips")]
    assert tops[0] < tops[1] < 900 and table.locator("tbody tr").first.bounding_box()["height"] < 40
    shots.keep(opened, "comparison-many")
    opened.page.get_by_text("all 24 broken").click()
    assert says(opened, "24 of 24 cases") and opened.wrongs == []


def test_a_baseline_is_said_once_to_keep_no_outputs(tmp_path: Path, opener: Opener) -> None:
    """Its side has no cell, and no case looks as if the model had said nothing."""
    file = tmp_path / "b.html"
    file.write_text("".join(render(many_broken(replace(A, run_id=None)))), encoding="utf-8")
    opened = opener.open(file)
    assert opened.text.count("a baseline keeps no outputs") == 1 and "(empty)" not in opened.text
    assert opened.page.locator(".flips thead th").all_inner_texts() == ["case", "inputs", "expected", "B"]
    opened.page.locator(".flips th a").first.click()
    opened.page.get_by_text("A is a baseline, and a baseline keeps no outputs.").wait_for()
    assert opened.wrongs == []


def test_a_table_of_metrics_fits_a_phone(tmp_path: Path, opener: Opener) -> None:
    """No table scrolls sideways at 360 pixels, and a metric's name stands on one line above its numbers."""
    view, name = many_broken(), "majority: f1(average=macro)"
    found = {name: view.results[0].metrics["accuracy"]}
    file = tmp_path / "w.html"
    file.write_text(
        "".join(render(replace(view, results=(replace(view.results[0], metrics=found, slices={}),))))
    )
    opened = opener.open(file, viewport={"width": 360, "height": 900})
    wide = "() => [...document.querySelectorAll('.wide')].map(one => one.scrollWidth - one.clientWidth)"
    assert max(opened.page.evaluate(wide)) <= 0 and opened.sideways() <= 0
    assert opened.page.locator(".stacks tbody th").first.bounding_box()["height"] < 30
    heads = "() => getComputedStyle(document.querySelector('.stacks tbody td'), '::before').content"
    assert "A" in opened.page.evaluate(heads)


def test_flips_lead_to_both_sides(page: Path, opener: Opener) -> None:
    """The list under `flip` has the broken case alone."""
    opened = opener.open(page)
    assert opened.page.locator(".flips summary").first.inner_text() == "broken: 1 case"
    opened.page.locator(".flips th a").first.click()
    opened.page.wait_for_selector("section.row:not([aria-busy]) .pair")
    assert "A against B" in opened.text and "p@v1" in opened.text and "p@v2" in opened.text
    opened.at("#/cases?flip=broken")
    assert says(opened, "1 of 2 cases") and opened.wrongs == []


@pytest.mark.parametrize(("flip", "classes"), [("broken", ["right", "wrong"]), ("fixed", ["wrong", "right"])])
def test_the_wrong_output_is_marked_as_wrong_on_either_side(
    page: Path, opener: Opener, flip: str, classes: list[str]
) -> None:
    """Of a broken case the words of B, of a fixed one those of A; the key says so in words."""
    opened = opener.open(page)
    marks = """flip => { const one = sideBySide("to parks", "to roads", ["A", "B"], marksOfSides(flip));
        return [[...one.querySelectorAll(".box mark")].map(mark => mark.className), one.querySelector(".key").textContent]; }"""
    found, key = opened.page.evaluate(marks, flip)
    assert found == classes and key.count("words only in") == 2


def test_what_changed_in_the_prompt_is_shown_line_by_line(
    tmp_path: Path, opener: Opener, shots: Shots
) -> None:
    """The words that differ are marked in their lines; what is the same is named, equal lines are counted."""
    long = "\n".join(f"rule {n}" for n in range(40))
    texts = [f"system:\n{long}\nBe {word} and brief.\nuser:\n{{{{ q }}}}" for word in ("kind", "rude")]
    sides = [
        replace(end, text=PromptText(end.prompt, (("messages", text), ("parameters", "{}"))))
        for end, text in zip((A, B), texts, strict=True)
    ]
    view = make_comparison()
    view = replace(view, results=(replace(view.results[0], a=sides[0], b=sides[1]),))
    file = tmp_path / "p.html"
    file.write_text("".join(render(view)), encoding="utf-8")
    opened = opener.open(file)
    prompt = opened.page.locator(".prompt").first
    assert prompt.locator("summary").first.inner_text() == "prompt, from A to B: messages changed"
    assert prompt.locator(".lines del").all_inner_texts() == ["kind"]
    assert prompt.locator(".lines ins").all_inner_texts() == ["rude"]
    assert "… 38 lines the same" in prompt.inner_text() and "the same: parameters" in prompt.inner_text()
    assert opened.sideways() <= 0 and opened.wrongs == []
    prompt.scroll_into_view_if_needed()
    shots.keep(opened, "comparison-prompt")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_view_is_too_wide_and_axe_finds_nothing(
    page: Path, opener: Opener, scheme: Any, shots: Shots
) -> None:
    """Every view at every width, in both themes."""
    pytest.importorskip("axe_playwright_python")
    opened = opener.open(page, color_scheme=scheme, bypass_csp=True)
    for place, view in enumerate(VIEWS):
        opened.at(view)
        for width in WIDTHS:
            opened.page.set_viewport_size({"width": width, "height": 900})
            assert opened.sideways() <= 0, (view, width)
            shots.keep(opened, f"comparison-{place}-{width}-{scheme}")
        assert axe(opened) == [], view


def test_s6_hostile_texts_on_either_side(
    tmp_path: Path, opener: Opener, asked: tuple[str, list[str]]
) -> None:
    """Ids and outputs of flips: no dialog, no request, no error."""
    url, paths = asked
    texts = [text.replace("OWN", "alert(1)").replace("URL", url) for text in HOSTILE]
    for number, pair in enumerate(zip(texts[:-1:2], texts[1::2], strict=False)):
        file = tmp_path / f"{number}.html"
        file.write_text("".join(render(make_comparison(pair))), encoding="utf-8")
        opened = opener.open(file)
        assert opened.wrongs == [] and opened.page.locator("main img, main iframe").count() == 0
        opened.page.context.close()
    assert paths == []
