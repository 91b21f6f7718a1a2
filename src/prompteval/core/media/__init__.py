"""Images, PDF documents and audio: what a file is by its bytes, and a file as an input of a prompt."""

from prompteval.core.media.file import (
    CONTEXT,
    DATA_URL,
    FILE_WANTED,
    File,
    FileValue,
    WrongFile,
    is_file_value,
    read_data_url,
    value_of,
)
from prompteval.core.media.kinds import (
    KINDS,
    MEDIA_TYPES,
    MOST_FILE_BYTES,
    MOST_SENT_BYTES,
    SHORT_NAMES,
    described,
    kind_of,
    too_large,
)
from prompteval.core.media.values import files_in, parts_of_message, paths_in, value_text, with_file_texts

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
    "paths_in",
    "read_data_url",
    "too_large",
    "value_of",
    "value_text",
    "with_file_texts",
]
