"""S8: CSV that a spreadsheet opens without running anything, and that reads back as it was."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.report.rows import render_csv, render_jsonl
from tests.report.test_html import make_row, make_view


def cells(text: str, newline: str | None = None) -> list[dict[str, str]]:
    """The rows of the CSV of one case that says `text`."""
    written = "".join(render_csv(make_view([make_row(1, text)])))
    return list(csv.DictReader(io.StringIO(written, newline=newline)))


@pytest.mark.parametrize(
    "before", ["", " ", "\t", "\r", "\n", "\u00a0", "\u3000", "\ufeff", "\u200b", "\x00", " \u200e "]
)
@pytest.mark.parametrize("sign", "=+-@＝＋－＠﹢﹣﹦﹫⁼⁺−")
def test_s8_a_formula_of_any_width_gets_a_quote(before: str, sign: str) -> None:
    """After blanks of any kind too; the JSONL is as the model said it."""
    text = f"{before}{sign}HYPERLINK(1)"
    (row,) = cells(text, newline="")
    assert row["output"] == "'" + text
    assert json.loads("".join(render_jsonl(make_view([make_row(1, text)]))))["output"] == text


@pytest.mark.parametrize("text", ["a=1", "5", "–", "'x", "", "ü", "a\n=1"])
def test_a_plain_cell_stays_as_it_is(text: str) -> None:
    """Nothing is put before it."""
    assert cells(text, newline="")[0]["output"] == text


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_s8_every_text_is_one_cell_of_one_row(text: str) -> None:
    """Carriage returns, quotes and separators of every kind stay inside of it, whoever splits the lines."""
    (row,) = cells(text, newline="")
    assert row["output"].removeprefix("'") == text.removeprefix("'")
    assert len(cells(text)) == 1
