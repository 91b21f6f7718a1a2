"""S6, S37: what Markdown shows is the text itself: no markup, no link, nobody notified."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from prompteval.core.text import printable
from prompteval.report import markdown
from prompteval.report.plain_markdown import safe
from tests.report.test_html import make_row, make_view

# As the forges write them: github/markup and gitlab's filters work on the text that is shown.
NOTIFIES = re.compile(
    r"(?<![A-Za-z0-9_`/])@[a-z0-9]|[\w.+-]+@[\w-]+\.\w|(?i:\bwww\.)|[a-z]+://|[#!]\d|(?i:\bGH-\d)"
)
HASH = re.compile(r"(?<![0-9A-Za-z_])[0-9a-f]{7,40}(?![0-9A-Za-z_])", re.IGNORECASE)
PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            ["@octocat", "@org/team", "www.evil.example", "a@b.co", "https://x.y", "#12", "GH-7", "deadbee", "0" * 40,
             "![a](http://x)", "<img src=x>", "|", "\n", "\r\n", "`", "``", "\\", "---", "1. a", "- a", "&lt;", "$x$", "~~"]
        ),
        st.text(max_size=5),
    )
)  # fmt: skip


def shown(source: str) -> tuple[str, str]:
    """(HTML, text outside of code) of a line of Markdown, as CommonMark with tables renders it."""
    page = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(source)
    return page, html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"<code>.*?</code>", "<x>", page)))


@given(PIECES)
def test_s6_a_line_shows_its_own_text(pieces: list[str]) -> None:
    """One paragraph, no element but code, and every character of the text."""
    text = "".join(pieces)
    page, outside = shown(safe(text))
    assert set(re.findall(r"</?(\w+)", page)) <= {"p", "code"}
    words = html.unescape(re.sub(r"<[^>]*>", "", page)).replace("\u200b", "").split()
    assert words == printable(text).replace("\u200b", "").split()
    assert not NOTIFIES.search(outside) and not HASH.search(outside)


@pytest.mark.parametrize(
    "text", ["@octocat", "x (@org/team)", "é@octocat", "www.evil.example", "WWW.evil.example", "a@b.co", "https://evil.example",
             "#12", "o/r#12", "GH-12", "!7", "a1b2c3d", "user@a1b2c3d4", "ftp://x"],
)  # fmt: skip
def test_s6_a_forge_finds_nothing_to_link(text: str) -> None:
    """Mentions, addresses, references and hashes, alone and beside other signs."""
    for around in ("{}", "({})", "a {} b", "*{}*", "[{}](x)"):
        outside = shown(safe(around.format(text)))[1]
        assert not NOTIFIES.search(outside) and not HASH.search(outside), outside


@pytest.mark.parametrize(
    "text", ["route@v2", "route@production", "0.663 (n = 72)", "channel=chat", "-0.02", "20 %"]
)
def test_what_is_no_reference_can_be_copied(text: str) -> None:
    """Prompts, numbers and slices hold no character that does not show."""
    assert "\u200b" not in safe(text) and "`" not in safe(text)


@given(PIECES)
def test_s6_a_cell_of_a_table_stays_one_cell(pieces: list[str]) -> None:
    """A row with it has two cells, whatever pipes and new lines it holds."""
    page, _ = shown(f"| a | b |\n|---|---|\n| {safe(''.join(pieces))} | end |\n")
    assert page.count("<td>") == 2 and "<td>end</td>" in page


def test_s6_a_whole_report_holds_no_link_image_or_mention() -> None:
    """Every text of a run is hostile: cases, slices, notes, gates, metrics, the reason."""
    hostile = "@octocat <script>x</script> ![i](https://e.example/x.png) www.e.example #1 a@b.co |\n# h\n---"
    source = "".join(markdown.render(make_view([make_row(1, hostile)], hostile)))
    page, outside = shown(source.replace("<details>", "").replace("<summary>", ""))
    assert not re.search(r"<(a|img|script)\b", page) and "@octocat" not in outside
    assert not NOTIFIES.search(outside) and page.count("<h1>") == 0
