"""The text of a PDF file, page after page, and the title its metadata name."""

from typing import Any

from prompteval.core.errors import MissingExtra
from prompteval.corpus.documents.outcome import DocumentFault


def read_pdf(data: bytes, path: str) -> tuple[str, str]:
    """(title or "", the text of the pages with a blank line between them).

    Raises DocumentFault `encrypted` for a file that asks for a password, `damaged` for one that
    cannot be read, and MissingExtra without pypdfium2. A scanned page has no text.
    """
    try:
        from pypdfium2 import PdfDocument, PdfiumError
        from pypdfium2.raw import FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
    except ModuleNotFoundError:
        raise MissingExtra("reading PDF documents", "rag") from None
    try:
        with PdfDocument(data) as pdf:
            title = pdf.get_metadata_value("Title").strip()
            pages = [_page_text(pdf, number) for number in range(len(pdf))]
    except PdfiumError as error:
        if getattr(error, "err_code", None) in (FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY):
            raise DocumentFault("encrypted", "the PDF file asks for a password") from None
        raise DocumentFault("damaged", f"the PDF file cannot be read: {error}") from None
    text = "\n\n".join(page.replace("\r\n", "\n").strip() for page in pages).replace("\0", "")
    return title, text.encode("utf-8", "replace").decode("utf-8").strip()


def _page_text(pdf: Any, number: int) -> str:  # noqa: ANN401 - a document of pdfium, without types
    """A page is closed before the next one is opened, so that memory does not grow with their number."""
    page = pdf[number]
    text = page.get_textpage()
    try:
        found: str = text.get_text_bounded()
        return found
    finally:
        text.close()
        page.close()
