"""One counter for a model: exact where the vocabulary is at hand, else an estimate that says so."""

import os
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from prompteval.tokens.encodings import CACHE_VARIABLE, cached_vocabulary, encoding_of
from prompteval.tokens.offsets import starts_by_bytes, starts_of_pieces
from prompteval.tokens.portions import portions

# The usual rule for English: a token is about four characters. Over bytes it also fits other scripts.
BYTES_A_TOKEN = 4
ESTIMATE = "bytes/4"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a loaded vocabulary can do with a text that has no lone surrogates."""

    count: Callable[[str], int]
    starts: Callable[[str], list[int]]


@dataclass(frozen=True, slots=True)
class Counter:
    """Counts tokens of plain text; marks that are special to a model count as the text they are.

    `encoding` names what counts: `o200k_base`, `cl100k_base`, a tokenizer file, or `bytes/4`.
    `estimated` says that this is not known to be the model's own encoding. The vocabulary is
    loaded at the first count, once in a process.
    """

    encoding: str
    estimated: bool
    _load: Callable[[], Vocabulary] = field(repr=False, compare=False)

    def count(self, text: str) -> int:
        """Tokens of `text`, 0 for an empty one. A lone surrogate counts as the replacement character."""
        if not text:
            return 0
        return sum(self._count(part) for _, part in portions(text))

    def starts(self, text: str) -> Sequence[int]:
        """The character each token of `text` begins in, one a token, never falling.

        Several tokens of one character share its place. What a tokenizer leaves out (white space,
        for some) belongs to no token.
        """
        if not text:
            return []
        places = array("Q")
        for at, part in portions(text):
            places.extend(at + place for place in self._starts(part))
        return places

    def _count(self, text: str) -> int:
        counting = self._load().count
        try:
            return counting(text)
        except UnicodeEncodeError:
            return counting(_without_surrogates(text))

    def _starts(self, text: str) -> list[int]:
        starting = self._load().starts
        try:
            return starting(text)
        except UnicodeEncodeError:
            return starting(_without_surrogates(text))


def counter(model: str, tokenizer: Path | None = None) -> Counter:
    """The counter for a model, with or without its provider's name; never asks the network.

    `tokenizer` is the `tokenizer.json` of a model that brings its own (`local/...`). Otherwise
    the vocabulary comes from tiktoken's cache, else from the rs-bpe package, else tokens are
    estimated from the length. A model that is not known counts by o200k and is `estimated`.
    """
    if tokenizer is not None:
        return Counter(tokenizer.parent.name + "/" + tokenizer.name, False, lambda: _own(tokenizer))
    encoding, known = encoding_of(model)
    vocabulary = cached_vocabulary(encoding)
    if vocabulary is not None:
        return Counter(encoding, not known, lambda: _tiktoken(encoding, vocabulary))
    if find_spec("rs_bpe") is not None:
        return Counter(encoding, not known, lambda: _rs_bpe(encoding))
    return Counter(ESTIMATE, True, lambda: _BY_LENGTH)


@cache
def _tiktoken(encoding: str, vocabulary: Path) -> Vocabulary:
    """`vocabulary` was verified; tiktoken is sent to its directory, so that it does not fetch."""
    import tiktoken

    before = os.environ.get(CACHE_VARIABLE)
    os.environ[CACHE_VARIABLE] = str(vocabulary.parent)
    try:
        loaded = tiktoken.get_encoding(encoding)
    finally:
        os.environ.pop(CACHE_VARIABLE)
        if before is not None:
            os.environ[CACHE_VARIABLE] = before

    def starts(text: str) -> list[int]:
        return starts_of_pieces(loaded.decode_tokens_bytes(loaded.encode_ordinary(text)))

    return Vocabulary(lambda text: len(loaded.encode_ordinary(text)), starts)


@cache
def _rs_bpe(encoding: str) -> Vocabulary:
    from rs_bpe import openai

    loaded: Any = getattr(openai, encoding)()
    pairs: Any = loaded.bpe()
    known: dict[int, bytes] = {}

    def starts(text: str) -> list[int]:
        tokens: list[int] = loaded.encode(text)
        for token in set(tokens).difference(known):
            known[token] = pairs.decode_tokens([token])
        return starts_of_pieces(known[token] for token in tokens)

    return Vocabulary(loaded.count, starts)


@cache
def _own(path: Path) -> Vocabulary:
    from tokenizers import Tokenizer

    loaded: Any = Tokenizer.from_file(str(path))
    loaded.no_truncation()
    loaded.no_padding()

    def starts(text: str) -> list[int]:
        return [start for start, _ in loaded.encode(text, add_special_tokens=False).offsets]

    return Vocabulary(lambda text: len(loaded.encode(text, add_special_tokens=False).ids), starts)


_BY_LENGTH = Vocabulary(
    lambda text: -(-len(text.encode("utf-8", "replace")) // BYTES_A_TOKEN),
    lambda text: starts_by_bytes(text, BYTES_A_TOKEN),
)


def _without_surrogates(text: str) -> str:
    """The same text with a question mark for each lone surrogate, so that places stay."""
    return text.encode("utf-8", "replace").decode("utf-8")
