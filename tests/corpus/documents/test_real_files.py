"""Files as people have them: front matter, tables, forms, encodings, BEIR's rows."""

import gzip
import json
from pathlib import Path

import pytest

from prompteval.core.errors import InvalidInput
from prompteval.corpus.documents import load_corpus
from prompteval.corpus.documents.html import read_html
from prompteval.corpus.documents.outcome import DocumentFault
from prompteval.corpus.documents.pdf import read_pdf, useful_title
from prompteval.corpus.documents.plain import read_markdown
from prompteval.workspace.tree import WorkingTree


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("---\ntitle: A kettle\nsidebar_position: 3\n---\n# Other\n", "A kettle"),
        ("---\nsidebar_position: 3\n---\n# Returns\n", "Returns"),
        ('---\ntitle: "Quoted: yes" \ntags: [a, b]\n...\ntext\n', "Quoted: yes"),
        ("---\ntitle: >\n  Two\n  lines\nx: 1\n---\n", "Two lines"),
        ("---\ntitle: Broken: yes\n- [\n---\n", "Broken: yes"),
        ('+++\ntitle = "Hugo"\nweight = 1\n+++\ntext\n', "Hugo"),
        ("---\n\nA rule, no metadata.\n\n---\n\n# After\n", "After"),
        ("<!--\n# Not this\n-->\n\n# This\n", "This"),
        ("~~~\n# Not this\n~~~\n```sh\n# nor this\n```\nName\n====\n", "Name"),
        ('<h1 align="center">Tagged <b>name</b></h1>\n\n# Later\n', "Tagged name"),
        ("# A [link](x.md) {#anchor}\n", "A link"),
    ],
)
def test_the_title_of_a_markdown_file(text: str, title: str) -> None:
    """That of its front matter, else the first heading that a reader sees."""
    assert read_markdown(text.encode(), "a.md")[0] == title


def test_front_matter_is_no_text_and_moves_no_offset() -> None:
    """What is behind it stands where it is in the file."""
    source = "---\ntitle: A\nsecret: kettle\n---\nThe text.\n"
    text = read_markdown(source.encode(), "a.md")[1]
    assert "kettle" not in text and text.index("The text.") == source.index("The text.")
    assert len(text) == len(source)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<table><tr><td>SSO<td><td>yes</table>", "SSO | | yes"),
        ("<table><tr> <td></td> <td>a</td> <td> </td> </tr></table>", "| a |"),
        ("<table><tr><td>a</td></tr><tr><td></td><td></td></tr><tr><td>b</td></tr></table>", "a\nb"),
        ("<p>a</p><p hidden>b</p><p style='display:none'>c</p><svg><text>d</text></svg>", "a"),
        (
            "<p>Name: <input value='Ada'> <input type=hidden value=x><input type=checkbox value=y></p>",
            "Name: Ada",
        ),
        ("<select><option>Peru<option selected>Chile<option>Cuba</select>", "Chile"),
        ("<textarea>said</textarea> <button>Send</button>", "said Send"),
        ("<ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>", "漢字"),
    ],
)
def test_what_a_page_shows(body: str, text: str) -> None:
    """Empty cells keep their place, hidden parts are left out, what is filled in is text."""
    assert read_html(f"<body>{body}".encode(), "a.html")[1] == text


def test_the_title_of_a_drawing_is_not_that_of_the_page() -> None:
    page = "<body><svg><title>Logo</title></svg><h1>Returns</h1>"
    assert read_html(page.encode(), "a.html")[0] == "Returns"


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("<meta charset='windows-1251'>", "cp1251"),
        ("<META http-equiv=Content-Type content='text/html; charset=Shift_JIS'>", "cp932"),
        ("<?xml version='1.0' encoding='koi8-r'?>", "koi8-r"),
        ("<!-- <meta charset=latin1> --><meta charset=gb2312>", "gb18030"),
        ("<meta charset=utf-16>", "utf-8"),
        ("", "utf-8-sig"),
        ("", "utf-16"),
    ],
)
def test_a_page_is_read_in_the_encoding_it_declares(head: str, encoding: str) -> None:
    """HTML Living Standard 13.2.3: byte order mark, then the declaration."""
    text = "日本" if encoding in ("cp932", "gb18030") else "Привет"
    page = f"{head}<title>{text}</title><p>{text}"
    assert read_html(page.encode(encoding), "a.html") == (text, text)


def test_a_page_in_another_encoding_than_it_says_is_left_out_by_name() -> None:
    """Nothing is guessed."""
    for page in (b"<p>\xcf\xf0\xe8", b"<meta charset=shift_jis><p>\x81", b"<meta charset=nonsense><p>a"):
        with pytest.raises(DocumentFault, match=r"encoding|UTF-8"):
            read_html(page, "a.html")


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("Microsoft Word - draft_v3.docx", ""), ("report_final.indd", ""), ("untitled", ""), ("Slide 1", ""),
        ("PowerPoint Presentation", ""), ("C:\\texts\\a b.doc", ""), ("Untitled-1", ""), ("main.dvi", ""),
        ("Returns policy 2.0", "Returns policy 2.0"), ("Working with Node.js", "Working with Node.js"),
        ("Presentación de PowerPoint", ""), ("Презентация PowerPoint", ""), ("无标题 1", ""), ("Scan_2024-01-01", ""),
        ("Untitled - Document", ""), ("Using PowerPoint well", "Using PowerPoint well"), ("Scanners", "Scanners"),
        ("Documents of Kyiv", "Documents of Kyiv"), ("Con\x02firm", "Confirm"),
    ],
)  # fmt: skip
def test_a_useless_title_of_a_pdf_is_none(given: str, title: str) -> None:
    """The name of a file, or what a program writes where there is none."""
    assert useful_title(given) == title


def pdf_file(page: str, content: str, more: str = "", root: str = "") -> bytes:
    """A file of one page; readers rebuild the table of places that it lacks."""
    parts = [
        f"1 0 obj\n<< /Type /Catalog /Pages 2 0 R {root} >>\nendobj",
        "2 0 obj\n<< /Type /Pages /Kids [4 0 R] /Count 1 >>\nendobj",
        "3 0 obj\n<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>\nendobj",
        f"4 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] {page} "
        "/Resources << /Font << /F1 3 0 R >> >> /Contents 5 0 R >>\nendobj",
        f"5 0 obj\n<< /Length {len(content)} >>\nstream\n{content}\nendstream\nendobj",
        more,
        "trailer\n<< /Root 1 0 R >>",
    ]
    return ("%PDF-1.7\n" + "\n".join(parts)).encode("latin-1")


TEXT = "BT /F1 12 Tf 72 720 Td (Name:) Tj ET"


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_page_has_its_text(turn: int) -> None:
    """Text near any edge is inside the page, however it is turned."""
    assert read_pdf(pdf_file(f"/Rotate {turn}", TEXT), "a.pdf")[1] == "Name:"


def test_what_is_filled_into_a_form_is_text() -> None:
    """Text and choice fields and free texts; no password, no hidden field, no check box."""
    fields = [
        "/Subtype /Widget /FT /Tx /T (a) /V (Ada)", "/Subtype /Widget /FT /Ch /Ff 131072 /T (b) /V (Chile)",
        "/Subtype /Widget /FT /Tx /Ff 8192 /T (c) /V (secret)", "/Subtype /Widget /FT /Tx /T (d) /F 2 /V (gone)",
        "/Subtype /Widget /FT /Btn /T (e) /V /Yes /AS /Yes", "/Subtype /FreeText /Contents (noted)",
    ]  # fmt: skip
    more = "\n".join(
        f"{10 + n} 0 obj\n<< /Type /Annot {f} /Rect [9 9 99 29] >>\nendobj" for n, f in enumerate(fields)
    )
    names = " ".join(f"{10 + n} 0 R" for n in range(len(fields)))
    data = pdf_file(f"/Annots [{names}]", TEXT, more, f"/AcroForm << /Fields [{names}] >>")
    assert read_pdf(data, "a.pdf")[1] == "Name:\nAda\nChile\nnoted"


@pytest.mark.parametrize("packed", [False, True])
def test_rows_as_beir_writes_them(tmp_path: Path, packed: bool) -> None:
    """`_id`, `metadata` and a title that is null, packed or not."""
    rows = [
        {"_id": "1", "title": None, "text": "a", "metadata": {"url": "x"}},
        {"id": 2, "title": "T", "text": "b"},
    ]
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    name = "corpus.jsonl.gz" if packed else "corpus.jsonl"
    (tmp_path / name).write_bytes(gzip.compress(data) if packed else data)
    found = load_corpus(WorkingTree(tmp_path), name).documents
    assert [(d.id, d.title, d.text) for d in found] == [("1", "", "a"), ("2", "T", "b")]


def test_a_damaged_or_endless_gzip_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the file's name; nothing is read beyond the limit."""
    data = gzip.compress(b"".join(b'{"id": "%d", "text": "a"}\n' % n for n in range(1000)))
    (tmp_path / "a.jsonl.gz").write_bytes(data[:-20])
    with pytest.raises(InvalidInput, match="damaged"):
        load_corpus(WorkingTree(tmp_path), "a.jsonl.gz")
    monkeypatch.setattr("prompteval.workspace.packed.MOST_UNPACKED", 1000)
    (tmp_path / "a.jsonl.gz").write_bytes(data)
    with pytest.raises(InvalidInput, match="more than 1,000 bytes"):
        load_corpus(WorkingTree(tmp_path), "a.jsonl.gz")
