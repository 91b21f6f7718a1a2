"""Tables with cells that reach into other rows and columns."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("selectolax")

from prompteval.corpus.documents.html import read_html
from prompteval.corpus.documents.html_spans import span


def text(table: str) -> str:
    return read_html(f"<table>{table}</table>".encode(), "x.html")[1]


@pytest.mark.parametrize(
    ("cells", "row"),
    [
        ("<td>a<td><br><td>z", "a | | z"), ("<td>a<td><p>b</p><p>&nbsp;</p><td>z", "a | b | z"),
        ("<td><div>a</div><td><div> </div><td><p>z</p>", "a | | z"), ("<td>a<br>b<td>c", "a b | c"),
        ("<td>a<td><ul><li>1<li>2</ul><td>z", "a | 1 2 | z"), ("<td>a<td><p>b</p><td>", "a | b |"),
        ("<td>5<div>about</div><td>z", "5 about | z"), ("<td><div><p>a</p></div><td>z", "a | z"),
        ("<td>a:<ul><li><p>1</p><li><p>2</p></ul><td>z", "a: 1 2 | z"),
        ("<td><p>a</p><p>b</p>", "a\n\nb"), ("<td>a<td><pre>x\n  y</pre>", "a\n\n| x\n  y"),
        ("<td>a<td><table><tr><td>b<td>c</table>", "a\n\nb | c"),
    ],
)  # fmt: skip
def test_the_blocks_of_a_cell_are_on_the_line_of_its_row(cells: str, row: str) -> None:
    """As editors write every cell; the one column of a page that is laid out by a table keeps its blocks."""
    assert text(f"<tr>{cells}") == row


@pytest.mark.parametrize(
    ("cells", "row"),
    [
        ("<td><div>nav</div><td><h1>T</h1><p>One.</p><p>Two.</p>", "nav\n\n| T\n\nOne.\n\nTwo."),
        ("<td>a<td><p>b</p><p>c</p><td>z", "a\n\n| b\n\nc\n\n| z"), ("<td>a<td><h4>b</h4>", "a\n\n| b"),
        ("<td>a<td><div>b<br>c</div><div>d</div>", "a\n\n| b\nc\n\nd"),
    ],
)  # fmt: skip
def test_a_cell_with_a_heading_or_several_paragraphs_keeps_its_blocks(cells: str, row: str) -> None:
    """Pages were laid out by tables: one cell is the navigation, the other the whole text."""
    assert text(f"<tr>{cells}") == row


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("<tr><td rowspan=2>EU<td>DE<td>1<tr><td>FR<td>2<tr><td>US<td>TX<td>3", "EU | DE | 1\nEU | FR | 2\nUS | TX | 3"),
        ("<tr><th rowspan=2>Plan<th colspan=2>Price<tr><th>net<th>gross<tr><td>Basic<td>1<td>2", "Plan | Price |\nPlan | net | gross\nBasic | 1 | 2"),
        ("<tr><td>a<td rowspan=3>x<tr><td>b<tr><td>c<tr><td>d<td>y", "a | x\nb | x\nc | x\nd | y"),
        ("<tr><td rowspan=2 colspan=2>a<td>b<tr><td>c", "a | | b\na | | c"),
        ("<tr><td colspan=3>Title<tr><td>a<td>b<td>c", "Title | |\na | b | c"),
    ],
)  # fmt: skip
def test_every_row_says_all_of_what_it_means(table: str, expected: str) -> None:
    """A cell over several rows is in each of them, one over several columns in the first."""
    assert text(table) == expected


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("<tr><td rowspan=2>a<td rowspan=2>b<tr></tr><tr><td>c<td>d", "a | b\nc | d"),
        ("<tbody><tr><td rowspan=9>g<td>1<tr><td>2<tbody><tr><td>h<td>3", "g | 1\ng | 2\nh | 3"),
        ("<tr><td rowspan=0>g<td>1<tr><td>2<tr><td>3", "g | 1\ng | 2\ng | 3"),
        ("<tr><td colspan=-1 rowspan=x>a<td rowspan='1.5'>b<tr><td>c", "a | b\nc"),
        ("<tr><td rowspan=2>a<br>b<td>1<tr><td>2", "a b | 1\na b | 2"),
        ("<tr><td rowspan=2><table><tr><td>in</table><td>1<tr><td>2", "in\n\n| 1\n| 2"),
    ],
)  # fmt: skip
def test_the_edges_are_those_of_the_standard(table: str, expected: str) -> None:
    """Rows without text of their own, ends of groups, spans that are no numbers, and what is too much to repeat."""
    assert text(table) == expected


def grid(rows: list[list[tuple[int, int]]]) -> list[str]:
    """The lines of a table whose cells, as (columns, rows), are named by their number; filled place by place."""
    width = max(map(len, rows))
    places: dict[tuple[int, int], str] = {}
    name = 0
    for down, cells in enumerate(rows):
        across = 0
        for columns, reach in cells:
            while (down, across) in places:
                across += 1
            for row in range(down, min(down + reach, len(rows))):
                for column in range(across, across + max(1, min(columns, width - across))):
                    places[row, column] = f"c{name}" if column == across else ""
            name += 1
    lines = []
    for down in range(len(rows)):
        last = max(column for row, column in places if row == down)
        lines.append(" | ".join(places.get((down, column), "") for column in range(last + 1)))
    return [" ".join(line.replace("|", " | ").split()) for line in lines]


CELLS = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=4)


@given(st.lists(CELLS, min_size=1, max_size=5))
def test_places_are_those_of_a_grid_that_is_filled_cell_by_cell(rows: list[list[tuple[int, int]]]) -> None:
    """Whatever reaches where; the Standard's algorithm, written here place by place."""
    name, table = 0, ""
    for cells in rows:
        table += "<tr>"
        for columns, reach in cells:
            table += f"<td colspan={columns} rowspan={reach}>c{name}</td>"
            name += 1
    found = [" ".join(line.replace("|", " | ").split()) for line in text(table).split("\n")]
    assert found == grid(rows)


@pytest.mark.parametrize(
    ("value", "most", "expected"),
    [(None, 9, 1), ("", 9, 1), (" 3 ", 9, 3), ("99", 9, 9), ("9" * 99, 9, 9), ("٣", 9, 1), ("0", 9, 0)],
)
def test_a_span_is_a_number_within_bounds(value: str | None, most: int, expected: int) -> None:
    """And 1 where it is none."""
    assert span(value, most) == expected


@pytest.mark.parametrize(
    "table",
    [
        f"<tr><td rowspan=65534>{'x' * 50_000}</td></tr>" + "<tr><td>y</td></tr>" * 5_000,
        "<tr><td colspan=1000>a</td></tr>" * 5_000 + f"<tr>{'<td>b</td>' * 1000}</tr>",
        f"<tr>{'<td rowspan=65534>b</td>' * 1000}</tr>" + "<tr><td>y</td></tr>" * 5_000,
        "<tr><td rowspan=2><table>" * 1000 + "z" * 200_000,
    ],
    ids=["long", "wide", "many", "deep"],
)
def test_a_page_grows_by_no_more_than_its_size(table: str) -> None:
    """However far its cells reach, and in a moment."""
    started = time.monotonic()
    assert len(text(table)) <= 3 * len(table)
    assert time.monotonic() - started < 20
