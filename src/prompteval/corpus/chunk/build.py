"""A chunker from the words of a suite."""

from collections.abc import Mapping
from typing import Any

from prompteval.core.errors import UsageError
from prompteval.core.problem import did_you_mean
from prompteval.core.protocols import Chunker, TokenCounter
from prompteval.core.registry import resolve
from prompteval.corpus.chunk.chunkers import Whole

GROUP = "prompteval.chunkers"
OPTIONS = ("size", "overlap")


def build_chunker(kind: str, options: Mapping[str, Any], counter: TokenCounter) -> Chunker:
    """The chunker registered as `kind`. Called as `factory(counter, size=..., overlap=...)`.

    `none` takes no options. Raises UsageError for an unknown kind or option and for a size or
    overlap that makes no sense.
    """
    factory = resolve(GROUP, kind)
    known = () if factory is Whole else OPTIONS
    for name, value in options.items():
        if name not in known:
            raise UsageError(f"chunker {kind!r} has no option {name!r}", did_you_mean(name, known))
        if isinstance(value, bool) or not isinstance(value, int):
            raise UsageError(f"chunker: {name} is {value!r}", "give a whole number of tokens")
    chunker: Chunker = factory() if factory is Whole else factory(counter, **options)
    return chunker
