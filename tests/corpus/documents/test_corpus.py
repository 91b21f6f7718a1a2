"""A corpus is read file by file: a bad one is an outcome, the rest continue, nothing outside the root."""

import json
from pathlib import Path
from time import perf_counter

import pytest
from pypdfium2 import PdfDocument

from prompteval.core.errors import InvalidInput
from prompteval.corpus.documents import load_corpus
from prompteval.corpus.documents.html import read_html
from prompteval.corpus.documents.plain import first_heading
from prompteval.workspace.tree import WorkingTree


def pdf_with(text: str) -> bytes:
    """A PDF file of one page, written by hand."""
    stream = f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Title(A titled file)>>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = (
        b"xref\n0 7\n0000000000 65535 f \n%strailer<</Size 7/Root 1 0 R/Info 6 0 R>>\nstartxref\n%d\n%%%%EOF"
    )
    return body + end % (table, len(body))


# RC4, 40 bits, with a user password: the /Encrypt dictionary alone makes a reader ask for it.
ENCRYPT = (
    b"/Encrypt<</Filter/Standard/V 1/R 2/Length 40/P -4/O<" + b"ab" * 32 + b">/U<" + b"cd" * 32 + b">>>"
    b"/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]"
)


@pytest.fixture
def tree(tmp_path: Path) -> WorkingTree:
    directory = tmp_path / "root" / "corpus"
    (directory / "sub").mkdir(parents=True)
    (directory / "a.md").write_text("intro\n\n# First *one* #\n\n## Second\n")
    (directory / "sub" / "b.txt").write_bytes("\ufeffplain\r\ntext שלום".encode())
    (directory / "c.html").write_text("<title>A page</title><h1>Head</h1><p>One <b>two</b></p>")
    (directory / "d.pdf").write_bytes(pdf_with("Words in a file"))
    return WorkingTree(tmp_path / "root")


def test_every_kind_is_read_with_its_title(tree: WorkingTree) -> None:
    """Ids are paths below the corpus, whatever its place; texts are what offsets refer to."""
    corpus = load_corpus(tree, "corpus")
    assert [(document.id, document.title) for document in corpus.documents] == [
        ("a.md", "First *one*"), ("c.html", "A page"), ("d.pdf", "A titled file"), ("sub/b.txt", ""),
    ]  # fmt: skip
    texts = {name: document.text for name, document in corpus.by_id().items()}
    assert texts["c.html"] == "Head\n\nOne two"
    assert texts["d.pdf"] == "Words in a file"
    assert texts["sub/b.txt"] == "plain\ntext שלום"
    assert corpus.counts == {"loaded": 4}
    assert load_corpus(tree, "corpus/a.md").documents[0].id == "a.md"


def test_b15_a_bad_document_is_an_outcome_and_the_rest_go_on(tree: WorkingTree, tmp_path: Path) -> None:
    """B15: empty, too large, binary, encrypted, damaged, gone, foreign: each is counted by its kind."""
    directory = tmp_path / "root" / "corpus"
    (directory / "empty.md").write_bytes(b"")
    (directory / "blank.html").write_text("<script>x</script>")
    (directory / "large.txt").write_bytes(b"x" * 5001)
    (directory / "binary.txt").write_bytes(b"\x00\x01\x02")
    (directory / "latin.txt").write_bytes("café".encode("latin-1"))
    (directory / "locked.pdf").write_bytes(pdf_with("x").replace(b"/Size 7", b"/Size 7" + ENCRYPT))
    (directory / "damaged.pdf").write_bytes(b"%PDF-1.4 nothing")
    (directory / "picture.png").write_bytes(b"\x89PNG")
    corpus = load_corpus(tree, "corpus", max_bytes=5000)
    assert corpus.counts == {
        "loaded": 4, "binary": 1, "damaged": 1, "empty": 2, "encoding": 1, "encrypted": 1, "too_large": 1,
        "unsupported": 1,
    }  # fmt: skip
    assert sum(corpus.counts.values()) == len(corpus.outcomes) == 12


def test_b15_a_document_of_50_mb_is_not_read_whole(tree: WorkingTree, tmp_path: Path) -> None:
    """B15: a file over the limit is an outcome; no more than the limit and a byte is read."""
    with (tmp_path / "root" / "corpus" / "huge.txt").open("wb") as file:
        file.truncate(50_000_000)
    assert load_corpus(tree, "corpus").counts["too_large"] == 1


def test_b15_a_document_that_goes_away_is_missing(tree: WorkingTree, monkeypatch: pytest.MonkeyPatch) -> None:
    """B15: a file listed and then gone is an outcome."""
    monkeypatch.setattr(WorkingTree, "list", lambda self, prefix: ["corpus/a.md", "corpus/gone.md"])
    assert load_corpus(tree, "corpus").counts == {"loaded": 1, "missing": 1}


def test_s5_a_link_that_leads_out_is_not_read(tree: WorkingTree, tmp_path: Path) -> None:
    """S5: a document outside the workspace is an outcome; a corpus outside is refused."""
    (tmp_path / "secret.md").write_text("secret")
    (tmp_path / "root" / "corpus" / "link.md").symlink_to(tmp_path / "secret.md")
    corpus = load_corpus(tree, "corpus")
    assert corpus.counts["outside"] == 1
    assert "secret" not in "".join(document.text for document in corpus.documents)
    with pytest.raises(InvalidInput, match="PE114"):
        load_corpus(tree, "../")


def test_a_corpus_in_one_file_of_lines(tmp_path: Path) -> None:
    """JSONL gives id, title and text of each line; an empty text is an outcome with its line."""
    lines = [{"id": "x", "title": "T", "text": "one"}, {"id": 7, "text": "two"}, {"id": "e", "text": " "}]
    (tmp_path / "c.jsonl").write_text("\n".join(map(json.dumps, lines)))
    corpus = load_corpus(WorkingTree(tmp_path), "c.jsonl")
    assert [(item.id, item.title, item.text) for item in corpus.documents] == [
        ("x", "T", "one"),
        ("7", "", "two"),
    ]
    assert [(item.id, item.status, item.line) for item in corpus.faults] == [("e", "empty", 3)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "b", "txt": "x"}', r"c\.jsonl:2:1 PE362 unknown key 'txt'.*did you mean 'text'"),
        ('{"text": "x"}', r"c\.jsonl:2:1 PE362 .*no id"),
        ('{"id": "b", "text": 3}', r"c\.jsonl:2:1 PE362 the text of document 'b'"),
        ("[1]", r"c\.jsonl:2:1 PE362 a document must be an object"),
        ("{", r"c\.jsonl:2:2 PE303"),
        ('{"id": "a", "text": "x"}', r"c\.jsonl:2:1 PE361 the document id 'a' is taken by c\.jsonl:1"),
    ],
)
def test_a_line_of_the_wrong_shape_is_an_error_with_its_place(
    tmp_path: Path, line: str, message: str
) -> None:
    """A mistake in the file's shape is the user's to fix, at its line."""
    (tmp_path / "c.jsonl").write_text('{"id": "a", "text": "x"}\n' + line)
    with pytest.raises(InvalidInput, match=message):
        load_corpus(WorkingTree(tmp_path), "c.jsonl")


def test_no_corpus_is_an_error(tmp_path: Path) -> None:
    """A path with nothing behind it is named."""
    with pytest.raises(InvalidInput, match="nowhere PE360"):
        load_corpus(WorkingTree(tmp_path), "nowhere")


def test_html_gives_what_is_shown() -> None:
    """Blocks, rows, cells, items, <pre> and entities become text; scripts, styles and heads do not."""
    page = (
        b"<head><style>x</style></head><h1>A <i>b</i></h1><p>One<br>two   three</p><ul><li>x<li>y</ul>"
        b"<table><tr><th>k</th> <th>v</th></tr><tr><td>1<td>&lt;2&gt;</table><pre>a\n  b</pre><script>no</script>"
    )
    text = "A b\n\nOne\ntwo three\n\nx\ny\n\nk | v\n1 | <2>\n\na\n  b"
    assert read_html(page, "x") == ("A b", text)


@pytest.mark.parametrize("tag", ["<div>", "<x-y a='>'/>", "<b>"])
def test_b15_a_page_nested_without_end_is_an_outcome_at_once(tag: str, tmp_path: Path) -> None:
    """B15: a parser that takes minutes over it is not asked; many flat elements are no depth."""
    (tmp_path / "deep.html").write_text(tag * 300_000)
    (tmp_path / "open.html").write_text("words " + "<a " * 300_000)
    (tmp_path / "flat.html").write_text("<ul>" + "<li>item <br><svg><path d='1'/></svg>" * 20_000)
    started = perf_counter()
    corpus = load_corpus(WorkingTree(tmp_path), ".")
    assert perf_counter() - started < 20  # a parser that is asked takes minutes
    assert [(item.id, item.status) for item in corpus.outcomes] == [
        ("deep.html", "damaged"),
        ("flat.html", "loaded"),
        ("open.html", "loaded"),
    ]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("## Two ##\n# One", "Two"), ("Name\n====\n", "Name"), ("```\n# code\n```\n# Real", "Real"),
        ("no heading\n#nor this", ""), ("", ""), ("| a |\n|---|\n", ""),
    ],
)  # fmt: skip
def test_the_title_of_markdown_is_its_first_heading(text: str, title: str) -> None:
    """Marked or underlined, outside fenced code; none where there is none."""
    assert first_heading(text) == title


def test_pdf_pages_are_parted_by_an_empty_line(tmp_path: Path) -> None:
    """Two pages give two paragraphs."""
    with PdfDocument(pdf_with("Page")) as pdf:
        pdf.import_pages(pdf, [0])
        pdf.save(tmp_path / "two.pdf")
    assert load_corpus(WorkingTree(tmp_path), "two.pdf").documents[0].text == "Page\n\nPage"
