"""Bytes of a user's file to text, or an error at the byte that is wrong."""

from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Problem
from prompteval.workspace.packed import HEAD, other_form

UNPACK = "unpack or convert it"
UTF8_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def decode(data: bytes, path: str) -> str:
    """UTF-8 text of a file; a byte order mark is dropped, CRLF becomes LF.

    Raises InvalidInput, with line and byte, for UTF-16, packed files, NUL bytes and invalid UTF-8.
    """
    if form := other_form(data[:HEAD]):
        raise InvalidInput([Problem(path, 1, 1, "PE103", f"the file is {form}", UNPACK)])
    if data.startswith(UTF16_MARKS):
        raise InvalidInput([Problem(path, 1, 1, "PE102", "the file is UTF-16", "save it as UTF-8")])
    data = data.removeprefix(UTF8_MARK)
    nul = data.find(b"\0")
    if nul >= 0:
        raise InvalidInput([_at(path, data, nul, "PE103", "NUL byte", "remove it; text files have none")])
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise InvalidInput(
            [_at(path, data, error.start, "PE104", message, "save the file as UTF-8")]
        ) from None
    return text.replace("\r\n", "\n") if "\r" in text else text


def _at(path: str, data: bytes, offset: int, code: str, message: str, help: str) -> Problem:
    line = data.count(b"\n", 0, offset) + 1
    column = offset - (data.rfind(b"\n", 0, offset) + 1) + 1
    return Problem(path, line, column, code, f"{message} (byte {offset} of the file)", help)
