"""Files that lie beside a prompt's module: the images of few-shot examples."""

import posixpath
from dataclasses import replace

from prompteval.core.errors import InvalidInput
from prompteval.core.media import File
from prompteval.core.problem import Problem, did_you_mean
from prompteval.prompt.messages import FileSlot, History, Part
from prompteval.workspace.tree import Tree


def with_files(part: Part | History, tree: Tree, directory: str) -> Part | History:
    """The message with the files that it names beside its module, whose content is held as its texts are.

    Raises InvalidInput, at the message, for one that cannot be read or cannot be sent.
    """
    if isinstance(part, History) or not any(slot.beside for slot in part.slots):
        return part
    pieces = (
        piece if isinstance(piece, str) else _found(piece, part, tree, directory) for piece in part.pieces
    )
    return replace(part, pieces=tuple(pieces))


def _found(slot: FileSlot, part: Part, tree: Tree, directory: str) -> FileSlot:
    if not slot.beside:
        return slot
    path = posixpath.join(directory, slot.beside)
    help = ""
    try:
        return replace(slot, found=File.of_bytes(tree.read(path), name=path))
    except InvalidInput as error:
        reason = error.problems[0].message
        near = [name.removeprefix(f"{directory}/") for name in tree.list(directory)]
        help = did_you_mean(slot.beside, near)
    except ValueError as error:
        reason = str(error)
    message = f"file({slot.beside!r}): {reason}"
    raise InvalidInput([Problem(part.path, part.line, part.column, "PE342", message, help)])
