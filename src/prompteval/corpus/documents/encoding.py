"""Bytes of a page in the encoding that they declare (HTML Living Standard, 13.2.3)."""

import codecs
import re

from prompteval.corpus.documents.outcome import DocumentFault
from prompteval.corpus.documents.plain import decoded

_HEAD = 1024
_META = re.compile(rb"<meta\b[^>]{0,300}?\bcharset\s*=\s*[\"']?\s*([\w:.-]{2,40})", re.IGNORECASE)
_XML = re.compile(rb"\A\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"']([\w:.-]{2,40})", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
# Labels that the WHATWG Encoding Standard reads as a larger encoding than their name says.
_LARGER = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "big5": "big5hkscs",
    "utf-16": "utf-8", "utf-16-le": "utf-8", "utf-16-be": "utf-8", "utf-7": "utf-8",
}  # fmt: skip
_NAMES = {
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "ks_c_5601-1987": "cp949",
    "x-gbk": "gb18030",
    "x-cp1252": "cp1252",
}


def decode_page(data: bytes, path: str) -> str:
    """The text of a page, CRLF as LF: by its byte order mark, else by what it declares, else as UTF-8.

    Raises DocumentFault for bytes that are not in that encoding, and for an encoding that is not known.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _read(data.removeprefix(mark), name)
    head = _COMMENT.sub(b"", data[:_HEAD])
    declared = _META.search(head) or _XML.search(head)
    if declared is None:
        return decoded(data, path)
    label = declared[1].decode("ascii", "replace").lower()
    try:
        name = codecs.lookup(_NAMES.get(label, label)).name
    except LookupError:
        raise DocumentFault("encoding", f"the page declares the unknown encoding {label!r}") from None
    name = _LARGER.get(name, name)
    return decoded(data, path) if name == "utf-8" else _read(data, name)


def _read(data: bytes, name: str) -> str:
    try:
        text = codecs.decode(data, name)
    except (UnicodeDecodeError, LookupError, TypeError) as error:
        raise DocumentFault("encoding", f"the page is not in its encoding {name}: {error}"[:200]) from None
    if not isinstance(text, str) or "\0" in text:
        raise DocumentFault("binary", "NUL character in the page")
    return text.replace("\r\n", "\n")
