"""The page of a failing run as somebody reads it who has nothing else: each question answered in few clicks."""

import pytest

from tests.forks import shared
from tests.report.browser.opened import Opened, Opener, Shots
from tests.small_workspace import Place, place

__all__ = ["place"]
pytestmark = pytest.mark.slow
VERSION = """
from typing import Literal
from pydantic import BaseModel
from prompteval import Prompt, system, user

class Inputs(BaseModel):
    request: str

class Output(BaseModel):
    office: Literal["parks", "roads"]

prompt = Prompt(
    inputs=Inputs, output=Output,
    messages=[system("Name the office: parks or roads."), user("{{ request }}")],
)
"""
BROKEN = VERSION.replace("{{ request }}", "{{ request | truncate(16) }}")
SUITE = """prompt: say
cases: ../datasets/c.jsonl
models: [scripted/m.jsonl]
scorers: [{exact: {field: office}}]
metrics: [accuracy]
gate: [accuracy >= 0.9]
"""
RULES = '{"when": "bench|pond", "output": {"office": "parks"}}\n{"when": "", "output": {"office": "roads"}}\n'
CASES = """{"id": "bench", "inputs": {"request": "The bench is broken."}, "expected": {"office": "parks"}}
{"id": "ducks", "inputs": {"request": "May we feed the ducks on the pond?"}, "expected": {"office": "parks"}}
{"id": "hole", "inputs": {"request": "A hole in the street."}, "expected": {"office": "roads"}}
"""


@pytest.fixture
def failed(place: Place, opener: Opener, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """What CI leaves of a run whose new version of a prompt cuts what was asked, seen for the first time."""
    place.write("prompts/say/v1.py", VERSION)
    place.write("prompts/say/v2.py", BROKEN)
    place.write("evals/s.yaml", SUITE)
    place.write("m.jsonl", RULES)
    place.write("datasets/c.jsonl", CASES)
    done = shared().run(place.root, "run", "-q", "-o", "run.html")
    assert done.code == 1, done
    alone = (place.root / "run.html").rename(tmp_path_factory.mktemp("artifact") / "run.html")
    return opener.open(alone, viewport={"width": 1280, "height": 900})


def seen(opened: Opened) -> str:
    """What is shown and not folded away."""
    return str(opened.page.locator("body").inner_text())


def test_the_first_screen_says_why_the_gate_failed_and_which_case_broke(failed: Opened, shots: Shots) -> None:
    """Without a click and without scrolling: the rule with its value, the case with what was expected."""
    for words in (
        "accuracy 0.6667 misses >= 0.9",
        "1 case of 3 does not pass",
        "expected 'parks', got 'roads'",
    ):
        found = failed.page.get_by_text(words).first
        box = found.bounding_box()
        assert box is not None and box["y"] + box["height"] < 900, words


def test_what_changed_in_the_prompt_is_on_the_first_page(failed: Opened) -> None:
    """The version before, and the words that are new, marked; without a click."""
    assert "prompt say@v2, since say@v1: messages changed" in seen(failed)
    prompt = failed.page.locator(".prompt")
    assert prompt.locator("ins").inner_text().strip() == "| truncate(16)"
    assert prompt.locator("ins").is_visible()


def test_one_click_shows_what_the_prompt_said_for_the_case(failed: Opened, shots: Shots) -> None:
    """The message that was cut, beside the input that was not; a second click shows all that was sent."""
    failed.page.get_by_role("link", name="ducks").click()
    failed.page.wait_for_selector(".one-case .message")
    shots.keep(failed, "failed-case")
    text = seen(failed)
    assert "May we feed the ducks on the pond?" in text and "May we feed..." in text
    assert "Name the office: parks or roads." in text
    failed.page.get_by_role("link", name="Summary").click()
    failed.page.get_by_text("1 gate does not pass").wait_for()
    assert failed.wrongs == []
