"""What was seen of a failed question, and what to try: from what its attribution kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from prompteval.core.attribution import MEANING, REASONS, GoldPiece, GoldPlace, Places, Reason, places_from
from prompteval.core.observation import Row, Score
from prompteval.core.text import counted
from prompteval.metrics.stage_names import ATTRIBUTION


@dataclass(frozen=True, slots=True)
class Advice:
    """Why a question failed: the reason, what was seen of it, and what may help."""

    reason: Reason
    seen: str
    attempt: str


def attribution_of(row: Row) -> Score | None:
    """The score that says why a row failed; None where the suite has none."""
    return next((score for score in row.scores if score.name == ATTRIBUTION), None)


def places_of(row: Row) -> Places | None:
    """Where the gold of a row was; None where nothing says."""
    score = attribution_of(row)
    return None if score is None else places_from(score.evidence.get("places"))


def reason_of(row: Row) -> Reason | None:
    """The reason of a failed question; None for one that did not fail."""
    score = attribution_of(row)
    found = None if score is None else score.evidence.get("reason")
    return found if found in REASONS else None


def advice_on(row: Row) -> Advice | None:
    """What was seen and what to try; None for a question that did not fail."""
    reason = reason_of(row)
    if reason is None:
        return None
    ours = row.observation.ranking is not None or row.observation.trace is None
    places = places_of(row)  # None for a run from before it was kept
    seen = "" if places is None else _SEEN[reason](_Facts(row, places, ours))
    return Advice(reason, seen or MEANING[reason], attempt(reason, row.suite, ours=ours))


def attempt(reason: Reason, suite: str, *, ours: bool) -> str:
    """What may help against a reason: of a pipeline of ours by its settings, else in general terms."""
    return (_OURS if ours else _THEIRS).get(reason, _EITHER.get(reason, "")).format(suite=suite)


@dataclass(frozen=True, slots=True)
class _Facts:
    row: Row
    places: Places
    ours: bool

    @property
    def gold(self) -> GoldPlace:
        """The gold that was lost, else the first."""
        return self.places.lost or next(iter(self.places.gold), GoldPlace())

    @property
    def what(self) -> str:
        """What was looked for, in a few words."""
        return f"gold of {self.gold.doc}" if self.gold.doc else "the quote"

    @property
    def unit(self) -> str:
        return "chunk" if self.ours else "passage"

    @property
    def at_rank(self) -> str:
        """Where the first passage with gold is."""
        gold, places = self.gold, self.places
        before = f" ({gold.before} before reranking)" if gold.before is not None else ""
        of = "" if places.candidates is None else f" of {places.candidates:,}"
        return f"{self.what} at rank {gold.rank}{of}{before}"


def _corpus_miss(facts: _Facts) -> str:
    return f"{facts.gold.doc} is not in the corpus" if facts.gold.doc else ""


def _retrieval_miss(facts: _Facts) -> str:
    gold, places = facts.gold, facts.places
    if places.candidates is None:
        return f"{facts.what} in none of the {counted(places.packed, 'passage')} of the context"
    if not places.candidates:
        return "nothing was retrieved"
    message = f"{facts.what} in none of the {counted(places.candidates, 'candidate')}"
    if gold.doc_rank is not None:
        message += f"; another {facts.unit} of {gold.doc} is at rank {gold.doc_rank}"
    return message


def _rank_miss(facts: _Facts) -> str:
    limit = f"k is {facts.places.k}" if facts.ours else f"the context holds {facts.places.packed}"
    return f"{facts.at_rank}, {limit}"


def _budget_miss(facts: _Facts) -> str:
    gold, places = facts.gold, facts.places
    if gold.tokens is None:
        return facts.at_rank if gold.rank is not None else f"{facts.what} was left out of the context"
    limit = (
        f"the budget is {places.budget:,}"
        if places.budget is not None
        else f"the context takes {places.used:,}"
    )
    taken = "it takes" if gold.rank == 1 else f"the first {gold.rank} take"
    return f"{facts.at_rank}; {taken} {gold.tokens:,} tokens, {limit}"


def _chunk_split(facts: _Facts) -> str:
    gold = facts.gold
    place = "" if gold.start is None else f" ({gold.start}-{gold.end})"
    pieces = ", ".join(_piece(piece) for piece in gold.pieces)
    return f"{facts.what}{place} is split over {pieces}" if pieces else ""


def _piece(piece: GoldPiece) -> str:
    place = "" if piece.start is None else f":{piece.start}-{piece.end}"
    fate = "in the context" if piece.packed else "not found" if piece.rank is None else f"rank {piece.rank}"
    return f"{piece.doc}{place} ({fate})"


def _in_prompt(facts: _Facts) -> str:
    found = [place.context for place in facts.places.gold if place.context is not None]
    if not found:
        return ""
    return (
        f"gold in the context at {', '.join(f'[{n}]' for n in sorted(set(found)))} of {facts.places.packed}"
    )


def _grounding_miss(facts: _Facts) -> str:
    cited = ", ".join(f"[{one.n}]" for one in facts.places.cited) or "nothing"
    there = ", ".join(f"[{n}]" for n in facts.places.holders.get("context", ())) or "nowhere"
    return f"the answer is right and cites {cited}; gold is at {there}"


def _false_answer(facts: _Facts) -> str:
    return f"no passage answers it, the context has {counted(facts.places.packed, 'passage')}; it answered"


def _error(facts: _Facts) -> str:
    failure = facts.row.observation.failure
    return "" if failure is None else f"{failure.stage}: {failure.message}"


def _unattributed(facts: _Facts) -> str:
    if facts.row.case.gold:
        return "wrong, and the result has no passages"
    return "wrong, and the case has no gold"


_SEEN: Mapping[Reason, Callable[[_Facts], str]] = {
    "error": _error,
    "corpus_miss": _corpus_miss,
    "retrieval_miss": _retrieval_miss,
    "rank_miss": _rank_miss,
    "budget_miss": _budget_miss,
    "chunk_split": _chunk_split,
    "generation_miss": _in_prompt,
    "grounding_miss": _grounding_miss,
    "false_abstention": _in_prompt,
    "false_answer": _false_answer,
    "unattributed": _unattributed,
}
_SWEEP = "`prompteval rag sweep --suite {suite}"
_OURS: Mapping[Reason, str] = {
    "corpus_miss": "add the document to the corpus, or correct `gold` of the case",
    "retrieval_miss": f"{_SWEEP} --retriever bm25 --retriever hybrid`, or a larger `depth` of the retriever",
    "rank_miss": f"{_SWEEP} --reranker none --reranker late_interaction`, or a larger `k`",
    "budget_miss": f"a larger `context_tokens`, or smaller chunks: {_SWEEP} --size 128 --size 256`",
    "chunk_split": f"larger chunks or an overlap: {_SWEEP} --size 256 --size 512 --overlap 64`",
    "generation_miss": "another instruction or model: `prompteval run {suite} --model ...`",
    "grounding_miss": "ask in the prompt for the number of the passage that the answer is from",
    "false_abstention": "say in the prompt when to abstain, or try another model",
    "false_answer": "say in the prompt when to abstain, or try another model",
}
_THEIRS: Mapping[Reason, str] = {
    "corpus_miss": "add the document to the index, or correct `gold` of the case",
    "retrieval_miss": "retrieve more passages, or search by words and vectors together",
    "rank_miss": "rerank what was retrieved, or give the model more of it",
    "budget_miss": "give the context more tokens, or retrieve smaller passages",
    "chunk_split": "larger passages, or passages that overlap",
    "generation_miss": "another instruction or model: the passages were there",
    "grounding_miss": "ask for the number of the passage that the answer is from, and check it",
    "false_abstention": "say in the instruction when to abstain, or lower the threshold that decides it",
    "false_answer": "say in the instruction when to abstain, or raise the threshold that decides it",
}
_EITHER: Mapping[Reason, str] = {
    "error": "`prompteval run --resume` runs it again",
    "unattributed": "add `gold` to the case, and let the system report `retrieved` or `context`",
}
