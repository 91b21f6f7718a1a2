"""Images, PDF documents and audio: what a file is by its bytes, and a file as an input of a prompt."""

from prompteval.core.media.file import (
    CONTEXT,
    DATA_URL,
    FILE_WANTED,
    File,
    FileValue,
    WrongFile,
    files_in,
    is_file_value,
    parts_of_message,
    read_data_url,
    value_of,
    value_text,
    with_file_texts,
)
from prompteval.core.media.kinds import (
    KINDS,
    MEDIA_TYPES,
    MOST_FILE_BYTES,
    MOST_SENT_BYTES,
    SHORT_NAMES,
    described,
    kind_of,
)

__all__ = [
    "CONTEXT",
    "DATA_URL",
    "FILE_WANTED",
    "KINDS",
    "MEDIA_TYPES",
    "MOST_FILE_BYTES",
    "MOST_SENT_BYTES",
    "SHORT_NAMES",
    "File",
    "FileValue",
    "WrongFile",
    "described",
    "files_in",
    "is_file_value",
    "kind_of",
    "parts_of_message",
    "read_data_url",
    "value_of",
    "value_text",
    "with_file_texts",
]
