"""One case in full: the same view of a pipeline of ours and of a result, in three formats."""

import json
from dataclasses import replace
from typing import Any

import pytest

from prompteval.core.attribution import Cited, GoldPlace, Places
from prompteval.core.case import Case, ExpectedCall, UserTurn
from prompteval.core.media import File, value_text
from prompteval.core.observation import Observation, Row, Score
from prompteval.core.retrieval import Chunk, Context, Ranking
from prompteval.core.trace import CitedPassage, DroppedPassage, RetrievedPassage, ToolCall, Trace
from prompteval.report.markdown import render as markdown
from prompteval.report.one_case.terminal import TEXT_SHOWN, render_case
from prompteval.report.one_case.view import case_view
from prompteval.report.page.case_rows import Room, in_full
from prompteval.report.page.run import render as page
from tests.media_files import png
from tests.report.reading_page import read_page
from tests.report.test_html import make_view

A, B, C = (Chunk(f"{name}.md", 0, 40, f"words of {name}") for name in "abc")
PLACES = Places(
    k=2, candidates=3, packed=2, gold=(GoldPlace("a.md", 0, 9, rank=2, before=3, context=2),),
    holders={"retrieved": (3,), "reranked": (2,), "context": (2,)}, cited=(Cited(2, True), Cited(9, False)),
)  # fmt: skip
RED, BLUE = File.from_bytes(png()), File.from_bytes(png(rgb=(0, 0, 255)))
CASE = Case(
    "q1", {"question": "how long?"}, answers=("30 days",), gold=(({"doc": "a.md", "quote": "thirty days"},),)
)
OURS = Observation(
    "ok", output={"answer": "30", "citations": [{"n": 2, "quote": "words"}, {"n": 9, "quote": None}]},
    text="{}", ranking=Ranking.of([(B.id, 3.0), (C.id, 2.0), (A.id, 1.0)]),
    reranked=Ranking.of([(B.id, 9.0), (A.id, 8.0), (C.id, 7.0)]),
    context=Context((B, A), ((C, "budget"),), 80, 100),
    sent=({"role": "user", "content": "Q: how long?"},),
)  # fmt: skip
PASSAGES = {one: RetrievedPassage(f"{one}.md", f"words of {one}", 0, 40) for one in "abc"}
THEIRS = Observation(
    "ok", output="30", text="30",
    trace=Trace(
        retrieved=tuple(PASSAGES[one] for one in "bca"), reranked=tuple(PASSAGES[one] for one in "bac"),
        context=(PASSAGES["b"], PASSAGES["a"]), dropped=(DroppedPassage(PASSAGES["c"], "budget"),),
        citations=(CitedPassage(2, quote="words"), CitedPassage(9)),
        messages=({"role": "user", "content": "Q: how long?"},),
    ),
)  # fmt: skip


def row(seen: Observation, case: Case = CASE, **evidence: Any) -> Row:
    evidence = {"places": PLACES.as_json(), **evidence}
    score = Score("attribution", 0.0, reason="why", evidence=evidence, passed=False)
    return Row("r", "s", "p@v1", "sha256:0", "m", case, 0, seen, (score,))


def shown(one: Row, **options: bool) -> str:
    return "".join(render_case(case_view(one), **options))


@pytest.mark.parametrize("seen", [OURS, THEIRS], ids=["ours", "a result"])
def test_a_pipeline_and_a_result_are_shown_alike(seen: Observation) -> None:
    """What was expected, found in order with gold and moves marked, seen, left out, sent and cited."""
    lines = [" ".join(line.split()) for line in shown(row(seen)).splitlines()]
    for wanted in (
        "question how long?", "answer 30 days", "gold a.md 'thirty days'", "reranked 3 candidates",
        "[2] a.md:0-40 gold", "words of a", "user Q: how long?", "[2] a.md:0-40 right", "words",
        "[9] not in the context", "attribution 0 (why) fail",
    ):  # fmt: skip
        assert wanted in lines, wanted
    assert any(line.startswith("2 ") and line.endswith("a.md:0-40 was 3 gold [2]") for line in lines)
    assert "c.md:0-40 budget" in lines
    assert not any("expected null" in line for line in lines)


@pytest.mark.parametrize("seen", [OURS, THEIRS], ids=["ours", "a result"])
def test_the_page_and_markdown_say_what_the_terminal_says(seen: Observation) -> None:
    """Every text of the view is in all three."""
    one = row(seen)
    view = make_view([one])
    three = ("".join(markdown(view)).replace("\\", ""), read_page("".join(page(view))).texts, shown(one))
    texts = [" ".join(text.split()) for text in three]
    for part in case_view(one).parts:
        for wanted in (part.text, *(text for line in part.lines for text in (line.text, line.words))):
            assert all(" ".join(wanted.split()) in text for text in texts), wanted


def test_a_sentence_stands_beside_the_passages_that_its_marks_name() -> None:
    """Without the marks; a number that is none of a passage is text, and an answer without marks has no such list."""
    answer = "Thirty days [2]. It costs 3.5 EUR [1][2]. Ask us."
    text = shown(row(replace(OURS, output={"answer": answer})))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert {"cited in", "[2] Thirty days .", "[1][2] It costs 3.5 EUR .", "Ask us."} <= set(lines)
    assert "cited in" not in shown(row(OURS))


def test_a_quote_is_found_in_its_passage_or_said_to_be_in_none() -> None:
    """Apart from spaces and quotation marks; the page has the words as the passage has them."""
    context = Context((B, Chunk("a.md", 0, 40, "It is \u201cthirty\u201d  days.")), (), 80, 100)
    cited = [{"n": 2, "quote": '"thirty" days'}, {"n": 1, "quote": "forty days"}]
    seen = replace(OURS, context=context, output={"answer": "30", "citations": cited})
    one = row(seen, places=None)
    assert in_full(one, Room.of(1))["quotes"] == [[2, "\u201cthirty\u201d  days"]]
    assert "[1]  b.md:0-40  not word for word in the passage" in shown(one)


def test_the_page_has_what_a_score_rests_on() -> None:
    """As JSON, by scorer; its calls are counted."""
    found = in_full(row(OURS, distance=0.5), Room.of(1))
    assert json.loads(found["evidence"]["attribution"])["distance"] == 0.5 and found["calls"] == 0  # type: ignore[index]


def test_gold_below_the_ranks_that_are_shown_is_shown() -> None:
    """The first ten of a hundred, and the one at rank 50."""
    ranking = Ranking.of([(f"d{n}.md", -float(n)) for n in range(100)])
    places = Places(k=2, candidates=100, holders={"retrieved": (50,)})
    text = shown(row(Observation("ok", ranking=ranking), places=places.as_json()))
    assert "d49.md  gold" in text and "d48.md" not in text and "and 89 more" in text


def test_a_long_passage_is_cut_unless_all_is_asked_for() -> None:
    """The number of characters that are left out is said."""
    seen = replace(OURS, sent=({"role": "user", "content": "y" * (TEXT_SHOWN + 7)},))
    assert "… (7 more characters; -v shows them)" in shown(row(seen))
    assert "y" * (TEXT_SHOWN + 7) in shown(row(seen), verbose=True)


def test_calls_of_tools_are_shown_by_step_beside_those_expected() -> None:
    """Arguments and results; a case that is answered without a call says none."""
    case = Case("t", "x", tool_calls=(ExpectedCall("refund", {"order": 7}),))
    trace = Trace(tool_calls=(ToolCall("refund", {"order": 8}, {"ok": True}, 0),))
    text = shown(row(Observation("ok", trace=trace), case, places=None))
    assert "call  refund(order=7)" in text and 'step 1  refund(order=8) → {"ok": true}' in text


def test_s7_nothing_in_a_passage_or_message_reaches_the_terminal() -> None:
    """Escapes are spelt out."""
    seen = replace(OURS, sent=({"role": "user\x1b[31m", "content": "\x1b]0;x\x07"},))
    assert "\x1b" not in shown(row(seen)) and "\\x1b[31m" in shown(row(seen))


def test_a_conversation_is_shown_turn_by_turn() -> None:
    """What the user said, the calls, the answer, and why a turn has none; what was expected of each."""
    case = Case("t", {}, turns=(UserTurn("hello", expected="hi"), UserTurn("bye")))
    called = (ToolCall("wave", {}, None, 0),)
    turns = (Trace(output="hi", tool_calls=called), Trace(outcome="error", error="no answer"))
    text = shown(row(Observation("ok", trace=Trace(turns=turns)), case, places=None))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    wanted = ["1 user hello", "tool step 1 wave()", "answer hi", "2 user bye", "answer no answer error"]
    assert [line for line in lines if line in wanted] == wanted and "turn 1 hi" in lines


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([(7, RED), (13, BLUE)], ["Before:", RED, "After:", BLUE]),
        ([(0, RED), (0, BLUE), (99, RED)], [RED, BLUE, "Before:After:", RED]),
        ([("?", RED)], ["Before:After:", RED]),
    ],
)
def test_files_of_a_message_stand_between_its_texts(files: Any, said: list[str | File]) -> None:
    """In the order in which they were sent; one whose place is not in the text comes behind it."""
    sent = {
        "role": "user",
        "content": "Before:After:",
        "files": [{**one.value, "at": at} for at, one in files],
    }
    parts = [one if isinstance(one, str) else f"[{value_text(one.value)}]" for one in said]
    (line,) = next(
        part.lines for part in case_view(row(replace(OURS, sent=(sent,)))).parts if part.name == "sent"
    )
    assert line.text.split("\n") == parts
