"""A message of a prompt that can be rendered: templates, with files between them."""

from collections.abc import Mapping

from prompteval.core.errors import RenderError
from prompteval.core.media import File
from prompteval.core.request import Message, PlacedFile
from prompteval.prompt.messages import FileSlot, Part
from prompteval.prompt.template import Template

Files = Mapping[str, tuple[File, ...]]


class MessageTemplate:
    """The templates of one message. Raises TemplateFault as `Template` does.

    `variables` are the names that they expect, `slots` those of inputs whose files the message has.
    """

    def __init__(self, part: Part, files: Mapping[str, str]) -> None:
        self._role = part.role
        self._pieces = part.pieces or (part.text,)
        self._templates = {text: Template(text, files) for text in part.texts}
        templates = self._templates.values()
        self.slots = frozenset(slot.name for slot in part.slots if slot.name)
        self.variables = frozenset[str]().union(*(one.variables for one in templates))
        self.includes = tuple(sorted({name for one in templates for name in one.includes}))
        isolated = any(one.isolated for one in templates)
        self.fixed = not (isolated or self.variables or self.includes or self.slots)

    def may_take_long(self, size: int) -> bool:
        """Whether inputs of so many characters and members in all may be more than is rendered here."""
        return any(one.may_take_long(size) for one in self._templates.values())

    def render(self, values: Mapping[str, object], files: Files) -> Message:
        """The message. Raises RenderError or DeadlineExceeded as `Template.render`."""
        texts, placed, at = [], [], 0
        for piece in self._pieces:
            if isinstance(piece, str):
                texts.append(self._templates[piece].render(values))
                at += len(texts[-1])
            else:
                placed += [PlacedFile(at, file) for file in _files_of(piece, files)]
        return Message(self._role, "".join(texts), files=tuple(placed))


def _files_of(slot: FileSlot, files: Files) -> tuple[File, ...]:
    if slot.name:
        return files.get(slot.name, ())
    if slot.found is None:
        raise RenderError(f"file({slot.beside!r}) is beside a prompt that was not loaded from a file")
    return (slot.found,)
