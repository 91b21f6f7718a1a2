"""rich's console, behind the printer: tables and progress in which data cannot steer the terminal."""

from collections.abc import Iterable
from typing import TextIO, cast

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from prompteval.cli.plain_stream import PlainStream
from prompteval.core.text import printable


class PlainConsole(Console):
    """A console whose texts are printable, regardless of what a renderer gave it; its colours are its own."""

    def __init__(self, stream: PlainStream, width: int | None = None) -> None:
        file = cast(TextIO, _Styled(stream))
        super().__init__(file=file, width=width, markup=False, emoji=False, highlight=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """As rich renders it, with the text of every segment made printable."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else printable(text), style, control)


class _Styled:
    """The file that rich writes to."""

    def __init__(self, stream: PlainStream) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write_styled(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)
