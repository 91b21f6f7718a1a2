"""S6, S7: Markdown and JUnit in a real browser, full of hostile texts: nothing runs or is asked for, all is shown."""

import subprocess
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from prompteval.core.text import printable
from prompteval.report import junit, markdown
from tests.report.test_html import HOSTILE, make_row, make_view

OWN = "document.documentElement.setAttribute('data-owned','1')"
DIALOG = f"{OWN};alert(1)"  # the browser waits for an answer, and the test for the browser
XML = [
    "<script xmlns='http://www.w3.org/1999/xhtml'>OWN</script>", "]]><x:script xmlns:x='http://www.w3.org/1999/xhtml'>OWN</x:script>",
    "<?xml-stylesheet href='URL/x.xsl'?>", "<!DOCTYPE a [<!ENTITY e SYSTEM 'URL/e'>]>&e;",
]  # fmt: skip


@dataclass
class Browser:
    """Headless Chromium, and a server that the hostile texts point at."""

    program: str
    profile: Path
    url: str
    asked: list[str]

    def texts(self, own: str = DIALOG) -> list[str]:
        return [text.replace("OWN", own).replace("URL", self.url) for text in (*HOSTILE, *XML)]

    def opened(self, page: Path, seconds: float = 200) -> tuple[str, str]:
        """(the document after its scripts ran, what the browser logged)."""
        command = [
            self.program, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={self.profile}",
            "--enable-logging=stderr", "--virtual-time-budget=3000", "--dump-dom", page.as_uri(),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=True)
        return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)

    def is_calm(self, page: Path) -> str:
        """The document, of which nothing ran, tried to run, or asked for anything."""
        dom, console = self.opened(page)
        assert "data-owned" not in dom.split(">", 2)[1] and self.asked == []
        assert not console, console
        return dom


@pytest.fixture
def browser(tmp_path: Path, program: str, asked: tuple[str, list[str]]) -> Browser:
    url, paths = asked
    return Browser(program, tmp_path / "profile", url, paths)


class Words(HTMLParser):
    """The text that a document shows."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.inside, self.text = "", ""
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag

    def handle_data(self, data: str) -> None:
        if self.inside not in ("style", "script"):
            self.text += data


def shows(document: str, texts: list[str]) -> None:
    """Every text is in the document as words; blanks and characters without width aside."""

    def bare(text: str) -> str:
        return "".join(printable(text).replace("\u200b", "").split())

    seen = bare(Words(document).text)
    assert [text for text in texts if bare(text) not in seen] == []


@pytest.mark.slow
def test_s6_markdown_is_calm_as_a_forge_shows_it(tmp_path: Path, browser: Browser) -> None:
    """Rendered with raw HTML allowed, as the strictest of them does not; no element but our own."""
    texts = browser.texts()
    source = "".join("".join(markdown.render(make_view([make_row(1, text)], text))) for text in texts)
    page = tmp_path / "r.html"
    page.write_text(
        f"<meta charset=utf-8>{MarkdownIt('commonmark').enable('table').render(source)}", encoding="utf-8"
    )
    dom = browser.is_calm(page)
    assert "<a " not in dom and "<img" not in dom and "<script" not in dom
    shows(dom, texts)


@pytest.mark.slow
def test_s7_junit_is_calm_as_a_document(tmp_path: Path, browser: Browser) -> None:
    """A browser that opens the XML finds no script, no style sheet and no entity in it."""
    texts = browser.texts()
    page = tmp_path / "r.xml"
    rows = [make_row(number, text) for number, text in enumerate(texts)]
    page.write_text("".join(junit.render(make_view(rows, texts[0]))), encoding="utf-8")
    dom = browser.is_calm(page)
    assert "parsererror" not in dom and dom.count("<testcase") == len(texts) + 1


@pytest.mark.slow
def test_the_same_texts_without_escaping_run_and_ask(tmp_path: Path, browser: Browser) -> None:
    """So the tests above can fail: a bare page runs a script and asks the server, and so does bare XML."""
    texts = browser.texts(OWN)
    bare = tmp_path / "bare.html"
    bare.write_text("<body>" + "".join(text.encode("utf-8", "replace").decode() for text in texts[:9]))
    dom, _ = browser.opened(bare)
    assert "data-owned" in dom.split("<head>")[0] and browser.asked != []
    xml = tmp_path / "bare.xml"
    xml.write_text(f"<a>{texts[len(HOSTILE)]}</a>")
    assert "data-owned" in browser.opened(xml)[0]
    bare.write_text(f"<body><script>{DIALOG}</script>")
    with pytest.raises(subprocess.TimeoutExpired):
        browser.opened(bare, 30)
