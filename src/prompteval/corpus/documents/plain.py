"""Markdown and plain text: the decoded file is the text, and offsets are into it."""

import re

from prompteval.core.errors import InvalidInput
from prompteval.corpus.documents.outcome import DocumentFault
from prompteval.workspace.text import decode

# A heading with marks, or a line of text underlined with = or -, outside fenced code.
_MARKED = re.compile(r" {0,3}#{1,6}(?=[ \t])")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


def decoded(data: bytes, path: str) -> str:
    """UTF-8 text, CRLF as LF. Raises DocumentFault for what is binary or in another encoding."""
    try:
        return decode(data, path)
    except InvalidInput as error:
        problem = error.problems[0]
        kind = "binary" if problem.code == "PE103" else "encoding"
        raise DocumentFault(kind, problem.message) from None  # type: ignore[arg-type]


def read_text(data: bytes, path: str) -> tuple[str, str]:
    """("", text): plain text names no title."""
    return "", decoded(data, path)


def read_markdown(data: bytes, path: str) -> tuple[str, str]:
    """(first heading or "", the file's text with its marks)."""
    text = decoded(data, path)
    return first_heading(text), text


def first_heading(text: str) -> str:
    """The words of the first heading of a Markdown text, "" where there is none."""
    fence, before = "", ""
    for line in text.split("\n"):
        opening = _FENCE.match(line)
        if opening and (not fence or opening[1].startswith(fence)):
            fence = "" if fence else opening[1]
            before = ""
        elif not fence:
            marked = _MARKED.match(line)
            if marked and (words := _without_closing(line[marked.end() :])):
                return words
            if before and _UNDERLINE.match(line) and not before.startswith(("---", "|", ">", "- ", "* ")):
                return before
            before = line.strip()
    return ""


def _without_closing(words: str) -> str:
    """The words of a marked heading without the marks that may close it, which a space parts from them."""
    words = words.strip(" \t")
    open_words = words.rstrip("#")
    return open_words.rstrip(" \t") if open_words.endswith((" ", "\t")) or not open_words else words
