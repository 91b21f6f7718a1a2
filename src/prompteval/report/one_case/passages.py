"""What was found for a question and what the model saw of it, of a pipeline of ours and of a result alike."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from prompteval.core.attribution import Listing, Places
from prompteval.core.observation import Observation
from prompteval.core.retrieval import Chunk, Context, Ranking
from prompteval.core.text import counted
from prompteval.core.trace import RetrievedPassage, Trace
from prompteval.report.one_case.shapes import Line, Mark, Part

# Of a ranking, beside what holds gold or was seen.
RANKS_SHOWN = 10
GOLD = Mark("gold", "good")


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage as it is shown. `key` is the same in every list; `reason` says why it was left out."""

    key: str
    name: str
    score: float | None = None
    words: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of passages of one case, None where the system does not say."""

    retrieved: Sequence[Shown] | None = None
    reranked: Sequence[Shown] | None = None
    context: Sequence[Shown] | None = None
    dropped: Sequence[Shown] | None = None
    size: str = ""

    @property
    def last(self) -> Sequence[Shown] | None:
        """The candidates in their last order."""
        return self.retrieved if self.reranked is None else self.reranked


def lists_of(seen: Observation) -> Lists:
    """The passages of an observation, whoever searched."""
    if seen.ranking is not None or seen.context is not None:
        return _of_pipeline(seen)
    return Lists() if seen.trace is None else _of_result(seen.trace)


def passage_parts(lists: Lists, places: Places | None) -> Iterator[Part]:
    """What was found in its order, what the model saw, what was left out; gold marked."""
    holders = {} if places is None else places.holders
    if lists.last is not None:
        yield _ranked(lists, holders)
    if lists.context is not None:
        yield Part(
            "context",
            _size(lists),
            tuple(
                Line(f"[{n}]", one.name, _gold("context", n, holders), one.words)
                for n, one in enumerate(lists.context, 1)
            ),
        )
    if lists.dropped:
        yield _dropped(lists.dropped, holders)


def _ranked(lists: Lists, holders: Mapping[Listing, Sequence[int]]) -> Part:
    """The last order: the first ranks, every passage that holds gold and every one that the model saw."""
    order, name = lists.last or (), "retrieved"
    before: dict[str, int] = {}
    if lists.reranked is not None:
        name = "reranked"
        for rank, one in enumerate(lists.retrieved or (), 1):
            before.setdefault(one.key, rank)
    seen = {one.key: n for n, one in reversed([*enumerate(lists.context or (), 1)])}
    gold = set(holders.get("reranked" if lists.reranked is not None else "retrieved", ()))
    lines = []
    for rank, one in enumerate(order, 1):
        if rank > RANKS_SHOWN and rank not in gold and one.key not in seen:
            continue
        was = before.get(one.key)
        moved = (Mark(f"was {was}" if was is not None else "was not found"),) if lists.reranked else ()
        marks = (*moved, *([GOLD] if rank in gold else []))
        place = (Mark(f"[{seen[one.key]}]"),) if one.key in seen else ()
        score = "" if one.score is None else f"{one.score:.4f}  "
        words = "" if one.key in seen else one.words
        lines.append(Line(str(rank), f"{score}{one.name}", (*marks, *place), words))
    return Part(name, counted(len(order), "candidate"), tuple(lines), len(order) - len(lines))


def _dropped(dropped: Sequence[Shown], holders: Mapping[Listing, Sequence[int]]) -> Part:
    """What was meant for the context and left out; what is below k stands among the candidates."""
    lines = tuple(
        Line("", one.name, (Mark(one.reason, "bad"), *_gold("dropped", place, holders)))
        for place, one in enumerate(dropped, 1)
        if one.reason != "rank"
    )
    below = len(dropped) - len(lines)
    return Part("dropped", f"{below:,} below k" if below else "", lines)


def _gold(name: Listing, place: int, holders: Mapping[Listing, Sequence[int]]) -> tuple[Mark, ...]:
    return (GOLD,) if place in holders.get(name, ()) else ()


def _size(lists: Lists) -> str:
    if not lists.context:
        return "nothing was packed"
    return f"{counted(len(lists.context), 'passage')}{lists.size}"


def _of_pipeline(seen: Observation) -> Lists:
    context = seen.context
    return Lists(
        _hits(seen.ranking),
        _hits(seen.reranked),
        None if context is None else [_chunk(chunk) for chunk in context.kept],
        None if context is None else [_chunk(chunk, reason) for chunk, reason in context.dropped],
        "" if context is None else _tokens(context),
    )


def _hits(ranking: Ranking | None) -> list[Shown] | None:
    return None if ranking is None else [Shown(name, name, score) for name, score in ranking.hits]


def _chunk(chunk: Chunk, reason: str = "") -> Shown:
    return Shown(chunk.id, chunk.id, words=chunk.text, reason=reason)


def _tokens(context: Context) -> str:
    return f", {context.tokens:,}" + ("" if context.budget is None else f" of {context.budget:,}") + " tokens"


def _of_result(trace: Trace) -> Lists:
    dropped = None
    if trace.dropped is not None:
        dropped = [_passage(one.passage, one.reason) for one in trace.dropped]
    return Lists(_passages(trace.retrieved), _passages(trace.reranked), _passages(trace.seen), dropped)


def _passages(found: Sequence[RetrievedPassage] | None) -> list[Shown] | None:
    return None if found is None else [_passage(one) for one in found]


def _passage(one: RetrievedPassage, reason: str = "") -> Shown:
    place = "" if one.start is None else f":{one.start}-{one.end}"
    name = f"{one.doc}{place}" or one.title or one.id or "a passage"
    # The same passage in two lists may have its words in one of them alone.
    key = f"{one.doc}\0{one.id or f'{one.start}:{one.text}'}"
    return Shown(key, name, one.score, one.text, reason)
