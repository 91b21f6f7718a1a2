"""Markdown and plain text: the decoded file is the text, and offsets are into it."""

import re

from prompteval.core.errors import InvalidInput
from prompteval.corpus.documents.front_matter import split_front_matter
from prompteval.corpus.documents.outcome import DocumentFault
from prompteval.workspace.text import decode

# A heading with marks, or a line of text underlined with = or -, outside fenced code.
_MARKED = re.compile(r" {0,3}#{1,6}(?=[ \t])")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_TAGGED = re.compile(r" {0,3}<h[1-3]\b[^>]*>(.+?)</h[1-3]>", re.IGNORECASE)
_COMMENT = re.compile(r"^ {0,3}<!--.*?(?:-->|\Z)", re.DOTALL | re.MULTILINE)
_LINKED = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)|<[^<>]{1,200}>|(?:(?<![ \t])[ \t]++)?\{#[^{}]*\}\s*\Z")
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
    """("", text): plain text has no title."""
    return "", decoded(data, path)


def read_markdown(data: bytes, path: str) -> tuple[str, str]:
    """(title, the file's text with its marks): that of its front matter, else the first heading, else ""."""
    title, text = split_front_matter(decoded(data, path))
    return title or first_heading(text), text


def first_heading(text: str) -> str:
    """The words of the first heading of a Markdown text, "" where there is none.

    One in a comment or in code is none.
    """
    fence, before = "", ""
    for line in _COMMENT.sub("", text).split("\n"):
        opening = _FENCE.match(line)
        if opening and (not fence or opening[1].startswith(fence)):
            fence = "" if fence else opening[1]
            before = ""
        elif not fence:
            marked = _MARKED.match(line)
            if marked and (words := _without_closing(line[marked.end() :])):
                return _words(words)
            if (tagged := _TAGGED.match(line)) and (words := _words(tagged[1])):
                return words
            if before and _UNDERLINE.match(line) and not before.startswith(("---", "|", ">", "- ", "* ")):
                return _words(before)
            before = line.strip()
    return ""


def _words(heading: str) -> str:
    """A heading without links, tags and its anchor."""
    return " ".join(_LINKED.sub(r"\1", heading).split())


def _without_closing(words: str) -> str:
    """The words of a marked heading without the marks that may close it, which a space parts from them."""
    words = words.strip(" \t")
    open_words = words.rstrip("#")
    return open_words.rstrip(" \t") if open_words.endswith((" ", "\t")) or not open_words else words
