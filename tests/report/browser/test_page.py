"""The page of a run in a browser: what it shows, by its address and by keys; nothing runs that is not ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from prompteval.core.case import Case
from prompteval.core.media import File
from prompteval.core.observation import Call, Observation, Row, Score
from prompteval.core.retrieval import Chunk, Context
from prompteval.core.text import printable
from prompteval.core.verdict import GateResult, Verdict
from prompteval.report.exchanges import Exchange, ExchangesOf
from prompteval.report.page.run import render
from tests.media_files import data_url, gif, png
from tests.report.browser.opened import Opened, Opener, Shots
from tests.report.test_html import HOSTILE, make_row, make_view

pytestmark = pytest.mark.slow
WIDTHS = (360, 768, 1_280, 2_560)
VIEWS = ("#/summary", "#/cases", "#/case?suite=s&id=c1")
LONG = "Ein sehr langes Wort: " + "Donaudampfschifffahrt" * 30
TEXTS = [
    LONG,
    "ما هي مدة الضمان؟ ثلاثون يوما",
    "保証期間はどのくらいですか。三十日です。",
    "plain words of a case",
    '{"intent": "billing", "note": null}',
]


def case_row(number: int, text: str, output: str, model: str = "m") -> Row:
    """A case that passes where the output is what is expected."""
    case = Case(f"c{number}", {"question": text}, text, tags={"language": "xy"[number % 2]})
    passed = output == text
    score = Score("exact", float(passed), labels=(text[:9], output[:9]), passed=passed)
    sent = ({"role": "system", "content": "Answer briefly."}, {"role": "user", "content": text})
    seen = Observation("ok", output=output, text=output, latency_ms=10.0 * number, sent=sent)
    return Row("r", "s", "p@v1", "sha256:0", model, case, 0, seen, (score,))


def many(count: int) -> list[Row]:
    """Every third case fails."""
    return [
        case_row(n, text := f"{TEXTS[n % len(TEXTS)]} {n}", text if n % 3 else f"{text} wrong")
        for n in range(count)
    ]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 60 cases."""
    file = tmp_path_factory.mktemp("page") / "run.html"
    file.write_text("".join(render(make_view(many(60), "accuracy"))), encoding="utf-8")
    return file


def test_s6_s7_hostile_texts_are_shown_and_nothing_runs(
    tmp_path: Path, opener: Opener, asked: tuple[str, list[str]]
) -> None:
    """In inputs, outputs, ids, tags, reasons, names and the verdict: no dialog, no request, no error, all shown."""
    url, paths = asked
    own = "document.documentElement.setAttribute('data-owned','1');alert(1)"
    texts = [text.replace("OWN", own).replace("URL", url) for text in HOSTILE]
    file = tmp_path / "r.html"
    rows = [make_row(number, text) for number, text in enumerate(texts)]
    file.write_text("".join(render(make_view(rows, texts[0]))), encoding="utf-8")
    opened = opener.open(file)
    assert opened.page.locator("main h1, header h1").count() == 1
    opened.at("#/cases")
    for row in rows:
        opened.at(f"#/case?suite=s&id={quote(row.case.id.encode('utf-8', 'surrogatepass'))}")
        if "\ud800" not in row.case.id:  # an address has no lone surrogate
            assert bare(str(row.case.expected)) in bare(opened.text)
    assert opened.wrongs == [] and paths == []
    assert opened.page.locator("[data-owned], main img, main iframe, main script, form[action]").count() == 0


def bare(text: str) -> str:
    return "".join(printable(text).split())


def says(opened: Opened, words: str) -> bool:
    """Whether the sentence above the list becomes this, which fails after half a minute."""
    opened.page.get_by_role("status").get_by_text(words, exact=True).wait_for()
    return True


def test_an_address_shows_the_same_cases_again(page: Path, opener: Opener) -> None:
    """Verdict, text and tag are in it; the sentence and the filters say how many."""
    opened = opener.open(page, "#/cases?verdict=fail")
    assert says(opened, "20 of 60 cases")
    assert opened.page.locator("select[name=verdict]").input_value() == "fail"
    opened.page.locator("#search").fill("保証期間")
    opened.page.wait_for_function("() => location.hash.includes('text=')")
    assert says(opened, "4 of 60 cases")
    other = opener.open(page, opened.page.evaluate("() => location.hash"))
    assert says(other, "4 of 60 cases")
    assert "fail (4)" in other.page.locator("select[name=verdict]").inner_text()
    wrong = opener.open(page, "#/cases?verdict=fail%2Cerror%2Cunscored")
    assert says(wrong, "20 of 60 cases")
    assert "not passed (20)" in wrong.page.locator("select[name=verdict]").inner_text()


def test_a_filter_that_leaves_nothing_says_so(page: Path, opener: Opener) -> None:
    """And how many cases there are without it."""
    opened = opener.open(page, "#/cases?text=nowhere-in-there")
    told = "No case is left by these filters; 60 cases without them."
    assert says(opened, told)
    opened.page.get_by_text("clear").click()
    assert says(opened, "60 of 60 cases")


def test_the_page_is_walked_by_keys(page: Path, opener: Opener) -> None:
    """f leaves what fails, j and k go, Enter opens, Escape goes back, / searches, ? tells, Ctrl K finds."""
    opened = opener.open(page)
    keys = opened.page.keyboard
    keys.press("f")
    opened.page.wait_for_function("() => location.hash.includes('verdict=fail')")
    keys.press("j")
    keys.press("j")
    assert opened.page.locator(".line.current code").inner_text() == "c3"
    keys.press("k")
    keys.press("Enter")
    opened.page.wait_for_selector(".one-case .pair")
    assert "id=c0" in opened.page.url
    keys.press("j")
    opened.page.wait_for_function("() => location.hash.includes('id=c3')")
    keys.press("Escape")
    opened.page.wait_for_selector(".matrix")
    keys.press("/")
    assert opened.page.evaluate("() => document.activeElement.id") == "search"
    keys.press("Escape")
    keys.press("?")
    assert opened.page.locator("dialog").get_by_text("next and previous case").is_visible()
    keys.press("Escape")
    keys.press("Control+k")
    keys.type("c42")
    keys.press("Enter")
    opened.page.wait_for_function("() => location.hash.includes('id=c42')")
    assert opened.wrongs == []


def test_one_case_shows_messages_and_what_differs(page: Path, opener: Opener) -> None:
    """The rendered prompt, the scores, and the word that is too much, marked."""
    opened = opener.open(page).at("#/case?suite=s&id=c3")
    assert opened.page.locator(".box mark.wrong").all_inner_texts() == [" wrong"]
    assert opened.page.locator(".key").first.inner_text() == "words not expected"
    assert opened.page.locator(".pair del, .pair ins").count() == 0
    assert "Answer briefly." in opened.text and "exact" in opened.text


def test_raw_exchanges_are_read_when_they_are_opened(tmp_path: Path, opener: Opener) -> None:
    """Indented, each beside its reply; a call without a stored reply is counted."""
    call = Call("m", "sha256:0", "live", 1, 2.0)
    rows = [
        replace(one, observation=replace(one.observation, calls=(call, call)))
        for one in (case_row(n, f"text {n}", "x") for n in range(150))
    ]

    @contextmanager
    def exchanges() -> Iterator[ExchangesOf]:
        texts = ('{"params":{"seed":7}}', '{"text":"<b>hi</b>"}')
        yield lambda row: (Exchange("", row.case.id, "cache", *texts),)

    file = tmp_path / "raw.html"
    view = replace(make_view(rows, "accuracy"), exchanges=exchanges)
    file.write_text("".join(render(view)), encoding="utf-8")
    opened = opener.open(file, "#/case?suite=s&id=c149")
    assert "seed" not in opened.text
    opened.page.locator(".exchanges summary").click()
    opened.page.locator(".exchanges .box").first.wait_for()
    boxes = opened.page.locator(".exchanges .box pre").all_inner_texts()
    assert boxes == ['{\n  "params": {\n    "seed": 7\n  }\n}', '{\n  "text": "<b>hi</b>"\n}']
    told = opened.page.locator(".exchanges").inner_text()
    assert "c149 from the cache" in told and "1 call without a stored reply" in told
    assert opened.wrongs == []


def test_a_citation_leads_from_its_sentence_to_the_quote_in_the_passage(
    tmp_path: Path, opener: Opener
) -> None:
    """The words that are quoted are underlined inside the gold; a click goes to the passage."""
    chunks = (
        Chunk("a.md", 0, 40, "Repairs take long."),
        Chunk("b.md", 0, 60, "The warranty lasts thirty days."),
    )
    case = Case(
        "q",
        {"question": "how long?"},
        answers=("30",),
        gold=(({"doc": "b.md", "quote": "warranty lasts thirty"},),),
    )
    output = {"answer": "It lasts [2]. No more.", "citations": [{"n": 2, "quote": "thirty days"}]}
    seen = Observation("ok", output=output, text="{}", context=Context(chunks, (), 9, 10))
    row = Row(
        "r", "s", "p@v1", "sha256:0", "m", case, 0, seen, (Score("exact", 1.0, evidence={"near": 0.25}),)
    )
    file = tmp_path / "cited.html"
    file.write_text("".join(render(make_view([row], "accuracy"))), encoding="utf-8")
    opened = opener.open(file, "#/case?suite=s&id=q").at("#/case?suite=s&id=q")
    assert opened.page.locator("mark").all_inner_texts() == ["warranty lasts ", "thirty"]
    assert opened.page.locator(".quoted").all_inner_texts() == ["thirty", " days"]
    sentence = opened.page.locator(".part-line", has_text="It lasts")
    sentence.get_by_role("button", name="[2]").click()
    assert "thirty days" in opened.page.evaluate("() => document.activeElement.textContent")
    opened.page.locator(".evidence summary").click()
    assert opened.page.locator(".evidence th").inner_text() == "near" and opened.wrongs == []


def test_a_gate_leads_to_its_cases(page: Path, opener: Opener) -> None:
    """By a link in the summary."""
    opened = opener.open(page)
    opened.page.locator(".gates a").first.click()
    opened.page.wait_for_selector(".matrix")
    assert "verdict=fail" in opened.page.url
    assert says(opened, "20 of 60 cases")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_view_is_wider_than_its_window(page: Path, opener: Opener, scheme: Any, shots: Shots) -> None:
    """From a phone to a wide screen, with long words, Arabic and Japanese; screenshots where they are asked for."""
    for width in WIDTHS:
        opened = opener.open(page, color_scheme=scheme, viewport={"width": width, "height": 900})
        for place, view in enumerate(VIEWS):
            opened.at(view)
            assert opened.sideways() <= 0, (width, view)
            shots.keep(opened, f"run-{place}-{width}-{scheme}")
        assert opened.wrongs == []
        opened.page.context.close()


def axe(opened: Opened) -> list[str]:
    """What axe finds wrong, with the first element."""
    import axe_playwright_python

    opened.page.evaluate((Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = opened.page.evaluate("() => axe.run(document)")
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(page: Path, opener: Opener, view: str, scheme: Any) -> None:
    """Roles, names, contrast of 4.5 to 1, in both themes."""
    pytest.importorskip("axe_playwright_python")
    opened = opener.open(page, color_scheme=scheme, bypass_csp=True)
    opened.page.keyboard.press("Tab")
    assert axe(opened.at(view)) == []


def test_of_many_cases_only_those_in_sight_are_drawn(tmp_path: Path, opener: Opener, shots: Shots) -> None:
    """Those that stay in sight are not drawn again, and all are in their order."""
    file = tmp_path / "large.html"
    with file.open("w", encoding="utf-8") as out:
        out.writelines(render(make_view(many(20_000), "accuracy")))
    opened = opener.open(file, "#/cases?verdict=fail")
    assert says(opened, "6,667 of 20,000 cases")
    assert opened.page.locator(".rows .line").count() < 60
    opened.page.locator(".matrix").evaluate("grid => { grid.scrollTop = grid.scrollHeight; }")
    opened.page.wait_for_selector("text=c19998")
    shots.keep(opened, "run-20000-cases")
    line = opened.page.locator(".rows .line", has_text="c19998")
    line.evaluate("one => { one.dataset.seen = '1'; }")
    opened.page.locator(".matrix").evaluate("grid => { grid.scrollTop -= 2 * 76; }")
    opened.page.wait_for_function(
        "() => document.querySelectorAll('.rows .line')[0].textContent.includes('c199')"
    )
    assert line.get_attribute("data-seen") == "1"
    places = opened.page.locator(".rows .line").evaluate_all(  # at once: a redraw may come at any time
        "lines => lines.map(one => Number(one.dataset.place))"
    )
    assert places == sorted(places) and len(set(places)) == len(places)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_run_of_one_case_is_a_whole_page(tmp_path: Path, opener: Opener, scheme: Any, shots: Shots) -> None:
    """It passes, and the summary says so."""
    file = tmp_path / "one.html"
    file.write_text(
        "".join(render(make_view([case_row(1, TEXTS[1], TEXTS[1])], "accuracy"))), encoding="utf-8"
    )
    opened = opener.open(file, color_scheme=scheme)
    assert "All 1 case pass" in opened.text
    shots.keep(opened, f"run-one-case-{scheme}")
    assert says(opened.at("#/cases"), "1 of 1 case") and opened.sideways() <= 0


def test_small_images_of_a_case_are_drawn_and_nothing_else_is(opener: Opener, tmp_path: Path) -> None:
    """Under the page's policy the image has its own width; a source that is no image is not put in."""
    value = File.from_bytes(png(24, 24)).value
    row = case_row(1, "x", "x")
    row = replace(row, case=replace(row.case, inputs={"photo": value, "other": File.from_bytes(gif()).value}))
    view = replace(
        make_view([row]),
        thumbnails=lambda key: data_url(png(24, 24), "image/png") if key == value["sha256"] else HOSTILE[0],
    )
    (tmp_path / "page.html").write_text("".join(render(view)))
    opened = opener.open(tmp_path / "page.html", "#/case?suite=s&id=c1")
    sizes = opened.page.eval_on_selector_all(
        "img", "found => found.map((one) => [one.naturalWidth, one.alt])"
    )
    assert (sizes, opened.wrongs) == ([[24, "the image photo"]], [])


def test_cases_that_broke_since_the_baseline_come_first_and_say_so(tmp_path: Path, opener: Opener) -> None:
    """Before one that failed then as well; the rule against the baseline leads to them alone, and stands once."""
    view = make_view([case_row(n, "x", "x wrong") for n in range(3)])
    gate = GateResult("no_regression(metric=accuracy)", Verdict.FAIL, 0.5, "regressed", broken=("c2",))
    view = replace(view, results=(replace(view.results[0], gates=(*view.results[0].gates, gate)),))
    file = tmp_path / "b.html"
    file.write_text("".join(render(view)), encoding="utf-8")
    opened = opener.open(file)
    lines = opened.page.locator(".failing .cases li").all_inner_texts()
    assert "c2 broke since the baseline" in lines[0] and "broke" not in "".join(lines[1:])
    assert opened.text.count(gate.rule) == 1
    opened.page.get_by_role("link", name="the cases that broke").click()
    assert says(opened, "1 of 3 cases") and opened.wrongs == []
