"""The page of a comparison in a browser."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prompteval.report.page.comparison import render
from prompteval.report.prompt_text import PromptText
from tests.report.browser.opened import Opener, Shots
from tests.report.browser.test_page import WIDTHS, axe, says
from tests.report.comparison.test_page import A, B, make_comparison
from tests.report.test_html import HOSTILE

pytestmark = pytest.mark.slow
VIEWS = ("#/summary", "#/cases", "#/case?suite=s&id=x")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    file = tmp_path / "c.html"
    file.write_text("".join(render(make_comparison())), encoding="utf-8")
    return file


def test_flips_stand_first_and_lead_to_both_sides(page: Path, opener: Opener) -> None:
    """The word that changed is marked; the list under `flip` has the broken case alone."""
    opened = opener.open(page)
    assert opened.page.locator(".flips summary").first.inner_text() == "broken: 1 case"
    assert opened.page.locator(".flip ins").first.inner_text() == "after"
    opened.page.locator(".flip a").first.click()
    opened.page.wait_for_selector("section.row:not([aria-busy]) .pair")
    assert "A against B" in opened.text and "p@v1" in opened.text and "p@v2" in opened.text
    opened.at("#/cases?flip=broken")
    assert says(opened, "1 of 2 cases") and opened.wrongs == []


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
