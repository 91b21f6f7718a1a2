"""The page of a run: everything from outside is data, and nothing is loaded."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.case import Case
from prompteval.core.observation import Failure, Observation, Row, Score
from prompteval.core.verdict import Estimate, GateResult, Verdict
from prompteval.report.page.blocks import PLAIN_SIZE
from prompteval.report.page.case_rows import LONGEST_PART
from prompteval.report.page.gate_cases import NOT_PASSED, gate_filters
from prompteval.report.page.run import render
from prompteval.report.page.schema import page_schema
from prompteval.report.result_view import ResultView
from prompteval.report.view import RunView, from_json
from tests.report.reading_page import read_page

USAGE = {"requests": 1, "attempts": 1, "cached": 0, "replayed": 0, "prompt_tokens": 0, "completion_tokens": 0, "cached_tokens": 0, "reasoning_tokens": 0, "cost_usd": None}  # fmt: skip


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


HOSTILE = [
    "</script><img src=x onerror=OWN>", "<svg onload=OWN><a xlink:href='javascript:OWN'>x</a></svg>",
    "\"><script>OWN</script>", "' autofocus onfocus='OWN' x='", "![x](URL/beacon.png)", "<img src=URL/a.png>",
    "[x](javascript:OWN)", "</pre></details></style><style>@import 'URL/a.css'</style>", "<iframe src=URL></iframe>",
    "<base href=URL><meta http-equiv=refresh content='0;url=URL'>", "<!-- --!> <![CDATA[ ]]> \u2028 \u2029 </title>",
    "<link rel=stylesheet href=URL/b.css>", "<form action=URL><button autofocus formaction=URL>", "\ud800\x00\x1b[31m\u202e",
]  # fmt: skip


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


def page_of(rows: list[Row], text: str = "x") -> str:
    return "".join(render(make_view(rows, text)))


PLAIN = [tag for tag, _ in Reader(page_of([make_row(1, "x")])).tags]


@given(st.text(max_size=40))
def test_s6_no_text_adds_an_element_or_an_attribute(text: str) -> None:
    """Whatever is in inputs, outputs, ids, tags, reasons and names, the page's own elements remain, and all is kept."""
    made = page_of([make_row(1, text)], text)
    reader = Reader(made)
    assert [tag for tag, _ in reader.tags] == PLAIN
    names = {name for _, attributes in reader.tags for name in attributes}
    assert not [name for name in names if name.startswith("on") or name in ("href", "src", "style", "action")]
    page = read_page(made)
    assert page.cases[0]["output"]["text"] == text and page.listed[0]["scores"]["exact"][0] == 0.0
    assert page.document["sections"][0]["gates"][0]["rule"] == text


def test_s7_markers_of_scripts_and_comments_are_escaped() -> None:
    """U+2028, `<!--`, `]]>` and lone surrogates are escapes of JSON, and come back as they were."""
    made = page_of([make_row(n, text) for n, text in enumerate(HOSTILE)], HOSTILE[0])
    assert made.isascii() or not {"\u2028", "\ud800", "\x1b"} & set(made)
    data = "".join(re.findall(r"data-\w+[^>]*>(.*?)</script>", made))
    assert not {"<", ">", "&"} & set(data)
    assert [one["output"]["text"] for one in read_page(made).cases] == HOSTILE


def test_s6_the_policy_names_the_one_style_and_the_one_script() -> None:
    """Both hashes are those of what is in the page; everything else is refused, and no script writes HTML."""
    page = page_of([make_row(1, "x")])
    policy = next(
        a["content"] for tag, a in Reader(page).tags if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None and policy.startswith("default-src 'none'; ")
    for kind in ("style", "script"):
        body = re.search(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        assert body is not None
        digest = base64.b64encode(hashlib.sha256(body[1].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|fetch\(", body[1]
        )
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page)


def test_every_row_is_there_and_long_texts_are_cut_and_said() -> None:
    """Of 3,000 rows none is left out; of a text of 5 MB its beginning and its length are kept."""
    rows = [make_row(n, f"right {n}", 1.0) for n in range(3_000)] + [make_row(1, "y" * 5_000_000)]
    made = page_of(rows)
    page = read_page(made)
    assert len(page.listed) == 3_001 and [row["id"] for row in page.listed[:2]] == ["right 0", "right 1"]
    assert "application/gzip" in made and len(made) < 3_000_000
    assert page.cases[-1]["output"] == {"text": "y" * LONGEST_PART, "length": 5_000_000}
    assert f"{'y' * LONGEST_PART}… 5,000,000 characters in all" in page.texts


def test_a_small_page_can_be_read_without_a_browser() -> None:
    """Its data are plain JSON; more than that is compressed, the same each time."""
    assert "application/gzip" not in page_of([make_row(1, "x")])
    large = [make_row(n, f"{n} {'z' * 999}") for n in range(PLAIN_SIZE // 1_000)]
    assert "application/gzip" in page_of(large) and page_of(large) == page_of(large)


def test_the_data_meet_the_published_schema() -> None:
    """The document and its rows, of rows that pass, fail, end in an error and could not be scored."""
    rows = [
        make_row(n, f"t{n}", *end)
        for n, end in enumerate([(1.0, "ok"), (0.0, "invalid"), (None, "ok"), (0.0, "error")])
    ]
    page, schema = read_page(page_of(rows)), page_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(page.document, schema)
    assert len(page.listed) == 4
    for row, whole in zip(page.listed, page.cases, strict=True):
        jsonschema.validate(row, {**schema["$defs"]["listed"], "$defs": schema["$defs"]})
        jsonschema.validate(whole, {**schema["$defs"]["case"], "$defs": schema["$defs"]})


@pytest.mark.parametrize(
    ("value", "outcome", "status"),
    [(1.0, "ok", "pass"), (0.5, "ok", "fail"), (0.0, "invalid", "fail"), (None, "ok", "unscored"), (0.0, "error", "error")],
)  # fmt: skip
def test_every_case_has_its_verdict(value: float | None, outcome: str, status: str) -> None:
    """Pass, fail, error, not scored; with a reason where it does not pass."""
    page = read_page(page_of([make_row(1, "a b", value, outcome)]))
    assert page.verdicts == [status] and ("why" in page.listed[0]) == (status != "pass")


@pytest.mark.parametrize(
    ("rule", "filters"),
    [
        ("accuracy >= 0.8", {"verdict": NOT_PASSED}),
        ("slice(channel=email).mean(scorer=tone) >= 0.8", {"verdict": NOT_PASSED, "tag": "channel=email", "scorer": "tone"}),
        ("errors <= 0", {"verdict": "error"}), ("latency_ms.p95 <= 900", {"sort": "slowest"}), ("cost_usd <= 1", {}),
        ("invalid <= 0", {"outcome": "invalid,refused,truncated,filtered"}),
        ("no_regression(metric=accuracy)", {"verdict": NOT_PASSED}),
    ],
)  # fmt: skip
def test_a_gate_leads_to_the_cases_that_speak_against_it(rule: str, filters: dict[str, str]) -> None:
    """By its scorer and slice; a latency to the slowest, a price to none."""
    assert gate_filters(GateResult(rule, Verdict.FAIL, None)) == filters


def test_a_gate_against_a_baseline_leads_to_the_cases_that_broke() -> None:
    """Its cases are named in the run's JSON, which gives them back, and not those that failed before as well."""
    gate = GateResult("no_regression(metric=accuracy)", Verdict.FAIL, 0.5, "regressed", broken=("c2",))
    assert gate_filters(gate) == {"flip": "broken"}
    view = make_view([make_row(1, "x")])
    raw = replace(view, results=(replace(view.results[0], gates=(gate,)),)).as_json()
    assert from_json(raw, lambda: iter(())).results[0].gates == (gate,)
