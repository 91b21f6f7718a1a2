"""The HTML page: everything from outside is text, and nothing is loaded."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.case import Case
from prompteval.core.observation import Failure, Observation, Row, Score
from prompteval.core.verdict import Estimate, GateResult, Verdict
from prompteval.report.html.cases import SHOWN
from prompteval.report.html.markup import MAX_CHARACTERS
from prompteval.report.html.page import render
from prompteval.report.view import ResultView, RunView

USAGE = {"requests": 1, "attempts": 1, "cached": 0, "replayed": 0, "prompt_tokens": 0, "completion_tokens": 0, "cost_usd": None}  # fmt: skip


def make_row(number: int, text: str, value: float | None = 0.0, outcome: Any = "ok") -> Row:
    case = Case(
        id=text[:200] or f"c{number}", inputs={text: text}, expected=text, tags={text: text}, cluster=None
    )
    failure = None if outcome == "ok" else Failure("parse", text, text)
    seen = Observation(outcome, output=text if outcome == "ok" else None, text=text, failure=failure)
    status: Any = "failed" if value is None else "scored"
    passed = None if value is None else value >= 1
    score = Score("exact", value, status=status, reason=text, labels=(text, text), passed=passed)
    return Row(
        run_id="r",
        fingerprint="sha256:0",
        suite="s",
        target="p@v1",
        model="m",
        case=case,
        replicate=0,
        observation=seen,
        scores=(score,),
    )


def make_view(rows: list[Row], text: str = "x") -> RunView:
    estimate = Estimate(text, 0.5, 0.4, 0.6, 10, method="wilson")
    result = ResultView(
        suite="s", prompt="p@v1", fingerprint="sha256:0", model="m",
        cases={"total": len(rows), "scored": len(rows), "errors": 0, "invalid": 0, "skipped": 0},
        metrics={text: estimate}, slices={text: {text: {text: estimate}}}, references={text: {text: estimate}},
        gates=(GateResult(text, Verdict.FAIL, 0.5, text),), usage=USAGE, timing={"wall_s": 1.0, "latency_ms": {}},
        confusion={"labels": [text], "counts": [[1, 0]]}, notes=(text,),
    )  # fmt: skip
    return RunView("r", Verdict.FAIL, 1, text, (result,), rows=lambda: iter(rows))


class Reader(HTMLParser):
    """Collects what a browser would see: elements, attributes, text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.inside = tag

    def handle_data(self, data: str) -> None:
        if self.inside not in ("style", "script"):
            self.text += data


PLAIN = {tag for tag, _ in Reader("".join(render(make_view([make_row(1, "x")])))).tags}


@given(st.text(max_size=40))
def test_s6_no_text_adds_an_element_or_an_attribute(text: str) -> None:
    """Whatever is in inputs, outputs, ids, tags, reasons and names, the page's own elements remain."""
    reader = Reader("".join(render(make_view([make_row(1, text), make_row(2, text, None, "invalid")], text))))
    assert {tag for tag, _ in reader.tags} <= PLAIN | {"span"}
    names = {name for _, attributes in reader.tags for name in attributes}
    assert not [name for name in names if name.startswith("on") or name in ("href", "src", "style", "action")]
    assert [tag for tag, _ in reader.tags].count("script") == 1


HOSTILE = [
    "</script><img src=x onerror=OWN>", "<svg onload=OWN><a xlink:href='javascript:OWN'>x</a></svg>",
    "\"><script>OWN</script>", "' autofocus onfocus='OWN' x='", "![x](URL/beacon.png)", "<img src=URL/a.png>",
    "[x](javascript:OWN)", "</pre></details></style><style>@import 'URL/a.css'</style>", "<iframe src=URL></iframe>",
    "<base href=URL><meta http-equiv=refresh content='0;url=URL'>", "<!-- --!> <![CDATA[ ]]> \u2028 \u2029 </title>",
    "<link rel=stylesheet href=URL/b.css>", "<form action=URL><button autofocus formaction=URL>", "\ud800\x00\x1b[31m\u202e",
]  # fmt: skip


def test_s7_markers_of_scripts_and_comments_are_text() -> None:
    """U+2028 is spelt out, `<!--` and `]]>` are escaped, and all of it can still be read."""
    page = "".join(render(make_view([make_row(n, text) for n, text in enumerate(HOSTILE)])))
    assert "\u2028" not in page and "\ud800" not in page and "\x1b" not in page
    assert "<!--" not in page and "]]>" not in page
    shown = Reader(page).text
    assert all(text in shown for text in HOSTILE[:10])
    assert "\\u2028" in shown and "\\ud800\\x00\\x1b[31m\\u202e" in shown


def test_s6_the_policy_names_the_one_style_and_the_one_script() -> None:
    """Both hashes are those of what is in the page; everything else is refused."""
    page = "".join(render(make_view([make_row(1, "x")])))
    policy = next(
        a["content"] for tag, a in Reader(page).tags if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None and policy.startswith("default-src 'none'; ")
    for kind in ("style", "script"):
        body = re.search(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        assert body is not None
        digest = base64.b64encode(hashlib.sha256(body[1].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert not re.search(r"https?://", page)


def test_long_texts_and_many_cases_are_cut_and_said() -> None:
    """A 5 MB output and a run of 3,000 rows stay readable; what is wrong comes first."""
    rows = [make_row(n, f"right {n}", 1.0) for n in range(3 * SHOWN)] + [make_row(1, "y" * 5_000_000)]
    page = "".join(render(make_view(rows)))
    assert page.count("<details") == SHOWN
    assert f"1,000 of {3 * SHOWN + 1:,} rows; .jsonl holds all" in page
    assert page.index('class="case case-fail"') < page.index('class="case case-pass"')
    assert f"{'y' * MAX_CHARACTERS}<span" in page and "5,000,000 characters in all" in page
    assert len(page) < 3_000_000


@pytest.mark.parametrize(
    ("value", "outcome", "status"),
    [(1.0, "ok", "pass"), (0.5, "ok", "fail"), (0.0, "invalid", "fail"), (None, "ok", "unscored"), (0.0, "error", "error")],
)  # fmt: skip
def test_every_case_has_its_mark(value: float | None, outcome: str, status: str) -> None:
    """Pass, fail, error, not scored: told apart by a sign and a word."""
    page = "".join(render(make_view([make_row(1, "a b", value, outcome)])))
    assert f'<details class="case case-{status}" id="r0-a%20b-0">' in page
    assert f'title="{status}"' in page
