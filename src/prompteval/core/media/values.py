"""The values of files among other JSON values: those of a case's inputs, as texts, and in messages."""

from collections.abc import Iterator, Mapping
from typing import Final

from prompteval.core.media.file import File, FileValue, is_file_value
from prompteval.core.media.kinds import described

# Of a path where a file is shown.
LONGEST_SHOWN_PATH: Final = 200
# The types of inputs that are files, or have some.
_MAY_HOLD_FILES = frozenset({FileValue, list})


def files_in(inputs: object) -> tuple[File, ...]:
    """The files of a case's inputs, those in lists too."""
    return tuple(one.file for _, values in _file_values(inputs) for one in values)


def paths_in(inputs: object) -> dict[str, tuple[str, ...]]:
    """The paths of the files of a case's inputs, by input; empty for a data URL, and none where all are."""
    return {
        name: tuple(one.path for one in values)
        for name, values in _file_values(inputs)
        if any(one.path for one in values)
    }


def _file_values(inputs: object) -> list[tuple[str, list[FileValue]]]:
    """(input, its values of files) of each input that is a mapping's and may hold some."""
    if type(inputs) is not dict and not isinstance(inputs, Mapping):
        return []
    if _MAY_HOLD_FILES.isdisjoint(map(type, inputs.values())):
        return []
    listed = ((str(name), value if isinstance(value, list) else [value]) for name, value in inputs.items())
    return [(name, [one for one in values if isinstance(one, FileValue)]) for name, values in listed]


def value_text(value: Mapping[str, object], path: str = "") -> str:
    """The value of a file as people read it: `a PNG image, 1,234 bytes, sha256 57cda64cead0`.

    Its path precedes it on the same line, where it is given: `images/red.png, a PNG image, ...`; of a long
    one, its end.
    """
    size, sha256 = value["bytes"], str(value["sha256"])
    shown = path if len(path) <= LONGEST_SHOWN_PATH else f"…{path[-LONGEST_SHOWN_PATH:]}"
    before = shown.replace("\n", "\\n") + ", " if shown else ""
    return f"{before}{described(str(value['media_type']))}, {size:,} bytes, sha256 {sha256[:12]}"


def with_file_texts(value: object, paths: Iterator[str] = iter(())) -> object:
    """A JSON value in which each value of a file is its text, with the next of `paths`, if there is one."""
    if is_file_value(value):
        return value_text(value, next(paths, ""))
    if isinstance(value, Mapping):
        return {name: with_file_texts(one, paths) for name, one in value.items()}
    return [with_file_texts(one, paths) for one in value] if isinstance(value, list) else value


def parts_of_message(message: Mapping[str, object]) -> Iterator[object]:
    """The content of a chat message as it is stored and the values of its files, in the order they are shown.

    A text is cut where its files stand; a file whose place is not in the text comes behind it, and what has
    another form than a file is none. No part is empty.
    """
    content, files = message.get("content"), message.get("files")
    begin, text = 0, content if isinstance(content, str) else ""
    if content is not None and not isinstance(content, str):
        yield content
    for one in files if isinstance(files, list | tuple) else ():
        found = {**one} if isinstance(one, Mapping) else {}
        at = found.pop("at", None)
        if not is_file_value(found):
            continue
        end = max(begin, at) if isinstance(at, int) else len(text)
        if text[begin:end]:
            yield text[begin:end]
        begin = end
        yield found
    if text[begin:]:
        yield text[begin:]
