"""The page of a comparison: its document, its columns and its rows."""

import jsonschema

from prompteval.core.verdict import Comparison, ComparisonVerdict
from prompteval.report.comparison.view import Change, ComparedEnd, ComparedResult, ComparisonView
from prompteval.report.page.comparison import render
from prompteval.report.page.schema import page_schema
from tests.report.reading_page import read_page
from tests.report.test_html import make_row

A, B = (ComparedEnd(run, f"p@{version}", "sha256:0", "m") for run, version in (("ra", "v1"), ("rb", "v2")))


def make_comparison(texts: tuple[str, str] = ("x", "y"), a: ComparedEnd = A) -> ComparisonView:
    """Two cases, one broken and one fixed; both sides have the rows where A has a run."""
    found = Comparison(
        "accuracy", 2, 0.5, 0.5, 0.0, -0.4, 0.4, 1.0, 1.0, verdict=ComparisonVerdict.INCONCLUSIVE
    )
    result = ComparedResult(
        "s", a, B, 2, (), (), (), (), ("accuracy",), {"accuracy": found}, {"tag": {"v": {"accuracy": found}}},
        (texts[1],), (texts[0],), {}, ("a note",), ComparisonVerdict.INCONCLUSIVE,
        lambda ids: (Change(name, f"{name} before", f"{name} after") for name in ids), (), {"accuracy": -0.02},
    )  # fmt: skip
    sides = [("a", 1.0, 0.0), ("b", 0.0, 1.0)] if a.run_id else [("b", 0.0, 1.0)]
    rows = [
        (0, side, make_row(n, text, value))
        for side, *values in sides
        for n, (text, value) in enumerate(zip(texts, values, strict=True))
    ]
    return ComparisonView(
        ComparisonVerdict.INCONCLUSIVE, 0, "a sentence", "ra", "rb", ("same",), (), (), (result,), rows=lambda: iter(rows)
    )  # fmt: skip


def test_the_document_has_both_sides_flips_and_margins() -> None:
    """It meets the published schema; a difference has its interval and its margin, broken cases come first."""
    page = read_page("".join(render(make_comparison())))
    jsonschema.validate(page.document, page_schema())
    assert [(one["side"], one["version"]) for one in page.document["columns"]] == [
        ("a", "p@v1"),
        ("b", "p@v2"),
    ]
    section = page.document["sections"][0]
    assert [one["flip"] for one in section["drawn"]["flips"]] == ["broken", "fixed"]
    assert section["tables"][0]["differences"] == [[-0.4, 0.0, 0.4, -0.02]]
    assert [(row["column"], row["verdict"]) for row in page.listed] == [
        (0, "pass"), (0, "fail"), (1, "fail"), (1, "pass"),
    ]  # fmt: skip


def test_a_side_without_a_run_has_no_column() -> None:
    """A baseline keeps scores alone: its flips are named, its rows are not there."""
    page = read_page("".join(render(make_comparison(a=ComparedEnd(None, "p@v1", "sha256:0", "m")))))
    assert [one["side"] for one in page.document["columns"]] == ["b"] and len(page.listed) == 2
