"""Files that lie beside a prompt's module: the images of few-shot examples."""

import posixpath
from collections.abc import Callable
from dataclasses import replace

from prompteval.core.errors import InvalidInput, NoSuchFile
from prompteval.core.media import File
from prompteval.core.problem import Problem
from prompteval.prompt.messages import FileSlot, Part
from prompteval.prompt.source_places import Place
from prompteval.workspace.sent_files import MOST_NEAR, address_fault, file_content, near_file
from prompteval.workspace.tree import Tree


def with_files(part: Part, tree: Tree, place_of: Callable[[str], Place]) -> Part:
    """The message with the files that it names beside its module, whose content is held as its texts are.

    `part.path` is the module, in which `place_of` finds a text of the message. Raises InvalidInput, at the
    file's name, for one that cannot be read or cannot be sent.
    """
    pieces = (
        replace(piece, found=_found(piece.beside, part.path, tree, place_of))
        if isinstance(piece, FileSlot) and piece.beside
        else piece
        for piece in part.pieces
    )
    return replace(part, pieces=tuple(pieces))


def _found(name: str, module: str, tree: Tree, place_of: Callable[[str], Place]) -> File:
    path = posixpath.join(posixpath.dirname(module), name)
    reason, help = address_fault(name), ""
    try:
        if not reason:
            return File.of_bytes(file_content(tree, path), name=path)
    except NoSuchFile as error:
        reason = error.problems[0].message
        help = near_file(lambda place: tree.list_directory(place, MOST_NEAR), path, name)
    except InvalidInput as error:
        reason = error.problems[0].message
    except ValueError as error:
        reason = str(error)
    message = f"file({name!r}): {reason}"
    raise InvalidInput([Problem(module, *place_of(name), "PE342", message, help)])
