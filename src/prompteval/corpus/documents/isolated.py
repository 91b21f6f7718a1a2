"""HTML and PDF files are parsed in the isolated worker, each within a budget of time and memory.

A file of a few kilobytes may stand for gigabytes: elements that every later paragraph opens again,
a stream that is compressed twice. What goes over the budget is an outcome of that document.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from prompteval.core.errors import DeadlineExceeded, MissingExtra, PromptevalError
from prompteval.corpus.documents.html import read_html
from prompteval.corpus.documents.outcome import DocumentFault
from prompteval.corpus.documents.pdf import read_pdf
from prompteval.isolate.worker import WorkerCrashed, shared

# A page of 20 MB takes 8 s, a PDF file of a thousand pages 3 s; the rest is for a busy machine.
SECONDS = 8.0
SECONDS_A_MEGABYTE = 2.0
MAX_CHARACTERS = 20_000_000
# Small files go to the worker together, which saves its answering each.
BATCH_BYTES = 1_000_000
BATCH_FILES = 64
_READERS = {".html": read_html, ".htm": read_html, ".pdf": read_pdf}
_NEEDS = {
    read_html: ("selectolax", "reading HTML documents"),
    read_pdf: ("pypdfium2", "reading PDF documents"),
}
ENDINGS = frozenset(_READERS)
TitleAndText = tuple[str, str]


@dataclass(frozen=True, slots=True)
class RawFile:
    """An HTML or PDF file that is not empty: its ending in lower case, its path, its bytes."""

    ending: str
    path: str
    data: bytes


def read_isolated(files: Sequence[RawFile]) -> list[TitleAndText | DocumentFault]:
    """(title, text) of each file, or why it gives none.

    Where a batch goes over the budget each of its files is read alone. Raises MissingExtra where
    a reader is not installed.
    """
    for ending in {file.ending for file in files}:
        package, feature = _NEEDS[_READERS[ending]]
        if find_spec(package) is None:
            raise MissingExtra(feature, "rag")
    if len(files) > 1:
        try:
            return _call(files)
        except DocumentFault:
            return [found for file in files for found in read_isolated([file])]
    try:
        return _call(files) if files else []
    except DocumentFault as fault:
        return [fault]


def _call(files: Sequence[RawFile]) -> list[TitleAndText | DocumentFault]:
    """Raises DocumentFault where the worker could not read them all."""
    data = b"".join(file.data for file in files)
    heads = [[file.ending, file.path, len(file.data)] for file in files]
    seconds = SECONDS + SECONDS_A_MEGABYTE * len(data) / 1_000_000
    place = f"{__name__}:read_here"
    try:
        found = shared().call(place, heads, timeout_s=seconds, data=data)
    except DeadlineExceeded:
        raise DocumentFault("over_budget", f"reading it did not end within {seconds:.0f} s") from None
    except WorkerCrashed as error:
        raise DocumentFault("over_budget", str(error).removeprefix(f"{place}: ")) from None
    except PromptevalError as error:
        raise DocumentFault("damaged", str(error).removeprefix(f"{place}: ")) from None
    return [
        DocumentFault(item["fault"], item["message"]) if "fault" in item else (item["title"], item["text"])
        for item in found
    ]


def read_here(data: bytes, heads: list[tuple[str, str, int]]) -> list[dict[str, object]]:
    """The title and text of each file, or its fault, as JSON; for use inside the worker."""
    found, at = [], 0
    for ending, path, size in heads:
        found.append(_read(ending, path, data[at : at + size]))
        at += size
    return found


def _read(ending: str, path: str, data: bytes) -> dict[str, Any]:
    try:
        title, text = _READERS[ending](data, path)
    except DocumentFault as fault:
        return {"fault": fault.kind, "message": str(fault)}
    if len(text) > MAX_CHARACTERS:
        return {"fault": "too_large", "message": f"over {MAX_CHARACTERS:,} characters of text"}
    return {"title": title, "text": text}
