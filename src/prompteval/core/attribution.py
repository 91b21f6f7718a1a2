"""Why a question failed, in one word of several, and where its gold was at each stage."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal, get_args

Reason = Literal[
    "error", "corpus_miss", "retrieval_miss", "rank_miss", "budget_miss", "chunk_split", "generation_miss",
    "grounding_miss", "false_abstention", "false_answer", "unattributed",
]  # fmt: skip
REASONS: tuple[Reason, ...] = get_args(Reason)
MEANING: Mapping[Reason, str] = {
    "error": "the call or a stage failed",
    "corpus_miss": "the evidence is in no document",
    "retrieval_miss": "not among the candidates",
    "rank_miss": "a candidate, but below k",
    "budget_miss": "among the first k, but cut by the budget",
    "chunk_split": "packed, but not the whole span",
    "generation_miss": "the evidence was in the prompt, the answer is wrong",
    "grounding_miss": "the answer is right, its citation is not",
    "false_abstention": "the evidence was in the prompt, and it abstained",
    "false_answer": "the question has no answer, and it gave one",
    "unattributed": "no gold to look for, or no passages to look in",
}
# The lists of passages that a gold item is looked for in.
Listing = Literal["retrieved", "reranked", "context", "dropped"]


@dataclass(frozen=True, slots=True)
class GoldPiece:
    """A passage that holds a part of a gold span.

    `start` and `end` are its half-open place in the document, None where it is not known. `rank` is its
    place in the last order, from 1; None where it is only in the context.
    """

    doc: str
    start: int | None = None
    end: int | None = None
    rank: int | None = None
    packed: bool = False


@dataclass(frozen=True, slots=True)
class GoldPlace:
    """Where one group of gold was found, by its alternative that got furthest.

    `lost` is the stage that lost it, None where the context covers it. `rank` is the place of the first
    passage that holds some of it in the last order, from 1, `before` that before reranking. `doc_rank` is
    the first place of any passage of its document. `tokens` is what the passages up to `rank` take. `pieces`
    are the passages that share it, where it is split.
    """

    doc: str = ""
    start: int | None = None
    end: int | None = None
    lost: Reason | None = None
    rank: int | None = None
    before: int | None = None
    doc_rank: int | None = None
    context: int | None = None
    tokens: int | None = None
    pieces: tuple[GoldPiece, ...] = ()


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation by its place in the context, 0 where it has none, and whether gold is there."""

    n: int
    right: bool


@dataclass(frozen=True, slots=True)
class Places:
    """What was seen of a question's gold. `holders` are the places, from 1, of the passages that hold any.

    `k` passages are meant for the context, of `candidates`; None where the system does not report them.
    The context takes `used` tokens of `budget`, None where no budget is known.
    """

    k: int = 0
    candidates: int | None = None
    packed: int = 0
    used: int = 0
    budget: int | None = None
    gold: tuple[GoldPlace, ...] = ()
    holders: Mapping[Listing, tuple[int, ...]] = field(default_factory=dict)
    cited: tuple[Cited, ...] = ()

    @property
    def lost(self) -> GoldPlace | None:
        """The group that got least far, of which the failure has its reason; None where all is there."""
        gone = [place for place in self.gold if place.lost is not None]
        return min(gone, key=lambda place: REASONS.index(place.lost or "error"), default=None)

    def as_json(self) -> dict[str, Any]:
        """What is not at its default, as JSON values."""
        body = _values(self)
        body["gold"] = [
            {**_values(place), **({"pieces": list(map(_values, place.pieces))} if place.pieces else {})}
            for place in self.gold
        ]
        body["holders"] = {name: list(places) for name, places in self.holders.items() if places}
        body["cited"] = [[one.n, one.right] for one in self.cited]
        return {name: value for name, value in body.items() if value not in ([], {})}


def places_from(body: object) -> Places | None:
    """What `Places.as_json` wrote; None where a run is from before it was kept."""
    if not isinstance(body, Mapping):
        return None
    found = dict(body)
    gold = [
        GoldPlace(**{**place, "pieces": tuple(GoldPiece(**piece) for piece in place.get("pieces", ()))})
        for place in found.pop("gold", ())
    ]
    holders = {name: tuple(places) for name, places in found.pop("holders", {}).items()}
    cited = tuple(Cited(n, right) for n, right in found.pop("cited", ()))
    return Places(**found, gold=tuple(gold), holders=holders, cited=cited)


def _values(part: Places | GoldPlace | GoldPiece) -> dict[str, Any]:
    """The fields that have no default, or another value."""
    found = ((one.name, getattr(part, one.name), one.default) for one in fields(part))
    return {name: value for name, value, default in found if default is MISSING or value != default}
