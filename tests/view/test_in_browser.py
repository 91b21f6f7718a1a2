"""The page that is served, in a browser: the token, runs and their cases, labels, a run that is running."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from prompteval.core.errors import PromptevalError
from prompteval.engine.stored import stored_runs
from tests.judging.judged_workspace import judges
from tests.judging.test_judge_check import gated
from tests.report.browser.conftest import opener, program, shots
from tests.report.browser.opened import Opened, Opener, Shots
from tests.report.browser.test_page import WIDTHS, axe
from tests.small_workspace import SUITE, Place
from tests.view.conftest import Served, run_of, start

__all__ = ["gated", "judges", "opener", "program", "shots"]
pytestmark = pytest.mark.slow


def open_at(opener: Opener, served: Served, path: str = "", **options: Any) -> Opened:
    """A page at a path, with the token in its address."""
    return opener.visit(f"{served.base}/{path}#token={served.token}", **options)


def test_s15_the_token_leaves_the_address_at_once(served: Served, opener: Opener) -> None:
    """It is kept for this session; a link without it, opened by someone else, shows nothing."""
    opened = open_at(opener, served)
    assert "token" not in opened.page.url and served.token not in opened.page.content()
    opened.page.get_by_role("link", name=served.run_id).first.click()
    opened.ready()
    assert "1 case of 2 does not pass" in opened.text and opened.wrongs == []
    other = opener.visit(opened.page.url)
    assert "the token is missing" in other.text and served.run_id not in other.text


def test_a_run_is_the_page_of_its_report(served: Served, opener: Opener) -> None:
    """Filters, a case in full, keys; no request leaves this machine."""
    opened = open_at(opener, served, f"runs/{served.run_id}").at("#/cases?verdict=fail")
    opened.page.get_by_role("status").get_by_text("1 of 2 cases").wait_for()
    opened.page.keyboard.press("j")
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_selector("article.row:not([aria-busy]) .pair")
    assert opened.wrongs == []


def test_a_list_that_is_read_again_stays_until_the_new_one_is_whole(served: Served, opener: Opener) -> None:
    """Its rows can be looked at all the time; nothing is shown of what is half read."""
    opened = open_at(opener, served, f"runs/{served.run_id}")
    seen = opened.page.evaluate(
        """async api => {
            const rows = new RemoteRows(api), seen = [];
            await rows.readList(() => seen.push("some"));
            const reading = rows.readList(() => seen.push("some"));
            seen.push(rows.listed.length, (await rows.full(1)).parts.length > 0);
            await reading;
            return [...seen, rows.listed.length];
        }""",
        f"/api/runs/{served.run_id}",
    )
    assert seen == ["some", 2, True, 2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_view_is_too_wide_and_axe_finds_nothing(
    served: Served, opener: Opener, scheme: Any, shots: Shots
) -> None:
    """History and run, at every width."""
    pytest.importorskip("axe_playwright_python")
    for path in ("", f"runs/{served.run_id}"):
        opened = open_at(opener, served, path, color_scheme=scheme, bypass_csp=True)
        for width in WIDTHS:
            opened.page.set_viewport_size({"width": width, "height": 900})
            assert opened.sideways() <= 0
            shots.keep(opened, f"view-{'run' if path else 'history'}-{width}-{scheme}")
        assert axe(opened) == []


@pytest.fixture
def judged(gated: Place) -> Iterator[Served]:
    """A run of twenty outputs, which nobody has labelled."""
    (gated.root / "evals/judges/c.labels.jsonl").unlink()
    run_id = run_of(gated.root, "judged")
    process, address = start(gated.root, run_id)
    yield Served(address, run_id, gated.root)
    process.terminate()
    process.communicate(timeout=60)


def test_outputs_are_labelled_by_keys_and_the_sheet_is_blind(judged: Served, opener: Opener) -> None:
    """A label a key, a note, back and again: the file has what `label` writes; no judge or version is shown."""
    opened = open_at(opener, judged, f"runs/{judged.run_id}/label")
    assert "1 of 20, 20 not labelled" in opened.text
    assert "judge_correct" not in opened.text and "@v1" not in opened.text
    page = opened.page
    page.keyboard.press("n")
    page.keyboard.type("a note")
    page.keyboard.press("Tab")
    page.keyboard.press("1")
    page.get_by_role("status").get_by_text("2 of 20, 19 not labelled").wait_for()
    page.keyboard.press("b")
    page.keyboard.press("2")
    page.get_by_role("status").get_by_text("2 of 20, 19 not labelled").wait_for()
    page.get_by_role("button", name="1 yes").click()
    page.get_by_role("status").get_by_text("3 of 20, 18 not labelled").wait_for()
    file: Path = judged.root / "evals/judges/c.labels.jsonl"
    said = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [(one["label"], one.get("note")) for one in said] == [
        ("yes", "a note"),
        ("no", None),
        ("yes", None),
    ]
    assert said[0]["case_id"] == said[1]["case_id"] and said[0]["run_id"] == judged.run_id
    assert opened.wrongs == []


WAITS = """
import pathlib, time

def reply(message):
    while message.endswith("2") and not pathlib.Path("go").exists():
        time.sleep(0.05)
    return "hello"
"""


def test_a_running_run_fills_and_becomes_its_report(place: Place, opener: Opener) -> None:
    """One row is there while the other case runs; once it ends the page shows the verdict by itself."""
    place.write("app/answer.py", WAITS)
    place.write(
        "evals/s.yaml",
        SUITE.replace("prompt: say\n", "callable: app.answer:reply\n").replace(
            "models: [scripted/m.jsonl]\n", ""
        ),
    )
    cases = [{"id": f"c{n}", "inputs": {"message": f"m{n}"}, "expected": "hello"} for n in (1, 2)]
    place.write("datasets/c.jsonl", "".join(json.dumps(case) + "\n" for case in cases))
    command = [sys.executable, "-m", "prompteval", "run", "-q"]
    running = subprocess.Popen(command, cwd=place.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process, address = start(place.root, began(place))
        try:
            opened = opener.visit(address)
            opened.page.locator("header.top .verdict").get_by_text("running").wait_for()
            opened.page.get_by_text("1 row so far").wait_for()
            (place.root / "go").touch()
            opened.page.locator("header.top .verdict.pass").wait_for(timeout=60_000)
            assert "All 2 cases pass." in opened.ready().text
        finally:
            process.terminate()
            process.communicate(timeout=60)
    finally:
        (place.root / "go").touch()
        running.wait(60)


def began(place: Place) -> str:
    """The id of the first run, once it is there; the store of a run that begins may not be whole yet."""
    for _ in range(600):
        with suppress(PromptevalError):
            if found := stored_runs(place.workspace):
                return found[0].run_id
        time.sleep(0.1)
    raise TimeoutError("no run began within a minute")
