"""Retrieved chunks into a context under a token budget; whole chunks or none, and never quietly less."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from prompteval.core.errors import ContextOverflow
from prompteval.core.protocols import TokenCounter
from prompteval.core.retrieval import Chunk, Context, DropReason

OnOverflow = Literal["drop_chunks", "error"]
FIRST_TOO_LARGE = "first_chunk_over_budget"


def pack(
    chunks: Sequence[Chunk],
    counter: TokenCounter,
    budget: int | None,
    *,
    k: int | None = None,
    on_overflow: OnOverflow = "drop_chunks",
    written: Callable[[Chunk], str] = lambda chunk: chunk.text,
) -> Context:
    """The longest prefix of the ranked chunks that fits; the rest is dropped, each with its reason.

    Of a chunk that comes twice the first counts (`duplicate`); chunks below rank `k` are left out
    (`rank`); from the first chunk that does not fit on, all are left out (`budget`), so that what
    is kept under a smaller budget is a prefix of what is kept under a larger one. `written` is a
    chunk as the prompt writes it, and what is counted; tokens are the sum over chunks. The flag
    `first_chunk_over_budget` says that not even the first fits. `budget` None means no limit.
    Raises ContextOverflow where a chunk does not fit and `on_overflow` is `error`.
    """
    ranked, dropped = _ranked(chunks, k)
    sizes = [counter.count(written(chunk)) for chunk in ranked]
    fits = len(ranked) if budget is None else fitting(sizes, budget)
    if fits < len(ranked) and on_overflow == "error":
        help = f"{len(ranked) - fits} of {len(ranked)} chunks do not fit; lower k or raise the budget"
        raise ContextOverflow("retrieved context", sum(sizes), budget or 0, help)
    dropped += [(chunk, "budget") for chunk in ranked[fits:]]
    flags = {FIRST_TOO_LARGE: 1} if ranked and not fits else {}
    kept = tuple(ranked[:fits])
    return Context(kept, tuple(dropped), sum(sizes[:fits]), budget, counter.estimated, flags)


def fitting(sizes: Iterable[int], budget: int) -> int:
    """How many sizes, from the first, sum to at most `budget`; stops at the first that does not fit."""
    used, count = 0, 0
    for size in sizes:
        used += size
        if used > budget:
            break
        count += 1
    return count


def room_for_context(window: int, prompt_tokens: int, output_tokens: int) -> int:
    """Tokens of a model's window left for a context: without the rest of the prompt and the output.

    Never below 0. `prompt_tokens` counts the prompt with an empty context.
    """
    return max(0, window - prompt_tokens - output_tokens)


def refuse_overflow(tokens: int, window: int, output_tokens: int) -> None:
    """Raise ContextOverflow for a prompt of `tokens` that does not fit a model's window beside its output.

    Called before the call, with the tokens of the whole prompt.
    """
    if tokens + output_tokens > window:
        help = f"the window of {window:,} keeps {output_tokens:,} for the output; lower the context budget"
        raise ContextOverflow("the prompt", tokens, max(0, window - output_tokens), help)


def _ranked(chunks: Sequence[Chunk], k: int | None) -> tuple[list[Chunk], list[tuple[Chunk, DropReason]]]:
    """(the first k different chunks, what was left out)."""
    seen: set[str] = set()
    ranked: list[Chunk] = []
    dropped: list[tuple[Chunk, DropReason]] = []
    for chunk in chunks:
        if chunk.id in seen:
            dropped.append((chunk, "duplicate"))
        elif k is not None and len(ranked) >= k:
            dropped.append((chunk, "rank"))
        else:
            ranked.append(chunk)
        seen.add(chunk.id)
    return ranked, dropped
