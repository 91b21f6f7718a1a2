"""The text of a PDF file, page after page, and the title its metadata name."""

import re
from typing import Any

from prompteval.core.errors import MissingExtra
from prompteval.corpus.documents.outcome import DocumentFault
from prompteval.corpus.documents.pdf_fields import fields_of

# PDFium's marks of a word that a line breaks; they join its parts.
_BROKEN = re.compile("[\x02\ufffe\u00ad](?:\r?\n)?|\x02")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
# What programs write as a title without being asked: the name of a file, or of nothing.
_FILE = re.compile(
    r"(?:microsoft (?:office )?(?:word|powerpoint|excel) ?[-–—] ?.*|.{0,200}\.(?:docx?|dotx?|pdf|pptx?|xlsx?|"
    r"indd|qxp|qxd|dvi|tex|odt|ods|odp|rtf|txt|html?|wpd|eps|ps|ai|fm|pub|pages|key|md|jpe?g|png|tiff?))",
    re.IGNORECASE | re.DOTALL,
)
_EMPTY = re.compile(
    r"\W*(?:untitled|unbenannt|ohne titel|sans titre|sin título|senza titolo|sem título|naamloos|bez nazwy|"
    r"без имени|без названия|无标题|無標題|無題|제목 없음|"
    r"(?:powerpoint|pdf)[ -]*(?:presentation|präsentation|presentatie|"
    r"演示文稿|簡報|プレゼンテーション|프레젠테이션)|"
    r"(?:présentation|presentación|apresentação|presentazione(?: standard)?|"
    r"prezentacja(?: programu)?|презентация)"
    r"(?: d[eio])?(?: microsoft)? powerpoint|presentation|präsentation|présentation|presentación|"
    r"document|dokument|documento|документ|slide|folie|layout|title|titel|anonymous|null|none|unknown|"
    r"print|full page fax print|scan|scanned document|new document|about:blank|þÿ)[\W\d_]*+(?:document\W*+)?",
    re.IGNORECASE,
)


def read_pdf(data: bytes, path: str) -> tuple[str, str]:
    """(title or "", the text of the pages with a blank line between them).

    What is filled into a form stands behind the text of its page; a word that a line breaks is whole; no
    control character is left. A title that is the name of a file is none. Raises DocumentFault
    `encrypted` for a file that asks for a password, `damaged` for one that cannot be read, and
    MissingExtra without pypdfium2. A scanned page has no text.
    """
    try:
        from pypdfium2 import PdfDocument, PdfiumError
        from pypdfium2.raw import FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
    except ModuleNotFoundError:
        raise MissingExtra("reading PDF documents", "rag") from None
    try:
        with PdfDocument(data) as pdf:
            title = useful_title(pdf.get_metadata_value("Title"))
            if pdf.get_formtype():
                pdf.init_forms()
            pages = [_page_text(pdf, pdf.formenv, number) for number in range(len(pdf))]
    except PdfiumError as error:
        if getattr(error, "err_code", None) in (FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY):
            raise DocumentFault("encrypted", "the PDF file asks for a password") from None
        raise DocumentFault("damaged", f"the PDF file cannot be read: {error}") from None
    return title, "\n\n".join(page.strip() for page in pages).strip()


def useful_title(text: str) -> str:
    """The title, "" where it is the name of a file or what a program calls a file without one."""
    title = " ".join(_clean(text).split())
    return "" if _FILE.fullmatch(title) or _EMPTY.fullmatch(title) else title


def _clean(text: str) -> str:
    text = _BROKEN.sub("", text.replace("\r\n", "\n"))
    return _CONTROL.sub("", text).encode("utf-8", "replace").decode("utf-8")


def _page_text(pdf: Any, form: object, number: int) -> str:  # noqa: ANN401 - of pypdfium2, loaded late
    """A page is closed before the next one is opened, so that memory does not grow with their number."""
    page = pdf[number]
    try:
        fields = fields_of(page, form)
        if page.get_rotation():  # text is found in the box of the page as it was before it was turned
            page.set_rotation(0)
        text = page.get_textpage()
        try:
            found = _clean(text.get_text_bounded()).strip()
        finally:
            text.close()
        return "\n".join([found, *(value for field in fields if (value := _clean(field).strip()))])
    finally:
        page.close()
