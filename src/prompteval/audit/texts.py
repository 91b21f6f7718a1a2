"""A text as it is put together in code: what is written there, and what is put into it."""

import re
from dataclasses import dataclass

from prompteval.audit.scopes import Parameter

# Of a template, in any of the usual languages: what is put in there later.
_PLACEHOLDER = re.compile(r"\{\{[^{}]{0,200}\}\}|\{[^{}\s]{0,80}\}|%\(\w{1,80}\)s|%[sdr]|\$\{?\w{1,80}\}?")


@dataclass(frozen=True, slots=True)
class Piece:
    """A literal with its place, or a hole: the source of an expression whose text is not written here.

    A hole that is a parameter of a function names it; `chosen` says that a hole holds one of a few
    constants, so that no user wrote it.
    """

    text: str
    path: str
    line: int
    column: int
    last_line: int
    hole: bool = False
    parameter: Parameter | None = None
    chosen: bool = False
    last_column: int = 0


@dataclass(frozen=True, slots=True)
class Text:
    """One text, made of pieces in their order."""

    pieces: tuple[Piece, ...]

    @property
    def literal(self) -> str:
        """What is written in code, with `{}` for each hole."""
        return "".join("{}" if piece.hole else piece.text for piece in self.pieces)

    @property
    def has_words(self) -> bool:
        """Whether anything of it is written in code that a model could read."""
        written = "\n".join(piece.text for piece in self.pieces if not piece.hole)
        return any(map(str.isalpha, _PLACEHOLDER.sub("", written)))

    @property
    def place(self) -> Piece:
        """The longest literal, the first of equals: where it is written. Raises ValueError without one."""
        return max((piece for piece in self.pieces if not piece.hole), key=lambda piece: len(piece.text))

    @property
    def holes(self) -> tuple[Piece, ...]:
        return tuple(piece for piece in self.pieces if piece.hole)

    @property
    def parameter(self) -> Parameter | None:
        """The parameter that the text is, where nothing else is written around it; else None."""
        holes = self.holes
        return holes[0].parameter if len(holes) == 1 and not self.has_words else None
