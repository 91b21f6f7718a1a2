"""What happened to one case, once, and how it was scored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal, Protocol

from prompteval.core.case import Case
from prompteval.core.fast_init import fast_init
from prompteval.core.request import ServedBy, Usage
from prompteval.core.retrieval import Context, Ranking
from prompteval.core.trace import Outcome as Outcome
from prompteval.core.trace import Trace

# Outcomes of a call that brought a reply which is not an output of the prompt.
UNUSABLE: tuple[Outcome, ...] = ("invalid", "refused", "truncated", "filtered")
Stage = Literal["render", "retrieval", "packing", "call", "parse", "generation", "end_to_end", "score"]
ScoreStatus = Literal["scored", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a case has no usable output: the stage, a short type, a sentence."""

    stage: Stage
    type: str
    message: str


@fast_init
@dataclass(frozen=True, slots=True)
class Call:
    """One call a case made: what it used, how long it took, who served it.

    `possibly_billed` counts the attempts that failed and that the server may charge for all the same.
    """

    model: str
    key: str
    served_by: ServedBy
    attempts: int
    latency_ms: float
    usage: Usage | None = None
    model_reported: str | None = None
    finish: str = "stop"
    possibly_billed: int = 0


# What a row says of the time, the money and the tokens that its case took.
SPENT = ("latency_ms", "first_token_ms", "first_answer_ms", "cost_usd", "tokens")
# Details of a streamed reply: milliseconds to its first token, a thought's too, and to the first of its text.
STREAM_TIMES = ("first_token_ms", "first_answer_ms")
# Detail of a reply: by the field of its answer, the beginnings of values, as JSON text, that the model might
# have written, each with its probability.
ALTERNATIVES = "alternatives"


def usage_of_calls(calls: Sequence[Call]) -> Usage | None:
    """The tokens of all calls of a case together; None where no call says."""
    known = [call.usage for call in calls if call.usage is not None]
    if len(known) < 2:
        return known[0] if known else None

    def total(counts: Iterable[int | None]) -> int | None:
        said = [count for count in counts if count is not None]
        return sum(said) if said else None

    return Usage(
        total(usage.prompt_tokens for usage in known),
        total(usage.completion_tokens for usage in known),
        total(usage.cached_tokens for usage in known),
        total(usage.reasoning_tokens for usage in known),
        any(usage.estimated for usage in known),
    )


@fast_init
@dataclass(frozen=True, slots=True)
class Observation:
    """What happened to one case, once.

    `output` is the parsed output as JSON values (None unless `outcome` is ok); `text` is the
    raw reply, always kept. `failure` is set for every outcome but ok. `confidence` is the
    system's own, 0 to 1, None where it gives none. `ranking` holds the candidates of a
    retrieval target, `reranked` their new order where there was a reranker, `context` what was
    packed into the prompt. `trace` is what a system of the team's own, or a prompt with tools, did
    beside its output. Of a conversation they are those of its last turn, with the calls and the time of all;
    `user_calls` are those of the model that played the user, which are not the system's.
    `sent` are the messages that a prompt without tools sent, as chat messages. `priced_usd` is what the
    calls cost by the price of their model, those from the cache too; None where that is not known.
    """

    outcome: Outcome
    output: Any = None
    text: str = ""
    failure: Failure | None = None
    calls: tuple[Call, ...] = ()
    latency_ms: float = 0.0
    confidence: float | None = None
    logprobs: tuple[float, ...] | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    ranking: Ranking | None = None
    reranked: Ranking | None = None
    context: Context | None = None
    trace: Trace | None = None
    user_calls: tuple[Call, ...] = ()
    sent: tuple[Mapping[str, object], ...] = ()
    priced_usd: float | None = None

    @property
    def reported_cost_usd(self) -> float | None:
        """What a team's own system says the case cost, in USD; None where it does not say."""
        found = self.details.get("cost_usd")
        return float(found) if isinstance(found, int | float) else None


@fast_init
@dataclass(frozen=True, slots=True)
class Score:
    """One scorer's word on one case.

    `value` is None unless `status` is scored. `labels` is (expected, predicted) where the
    scorer compares classes; predicted is None for an output that is not a class.
    `low` and `high` bound the scale; None is unbounded. `stage` is the one it reads. `passed` is
    None where the scorer only measures. `turn` is the turn of a conversation that it is of, from 1; None
    where it is of the whole. `calls` are those of the model that a scorer asked.
    """

    name: str
    value: float | None
    status: ScoreStatus = "scored"
    stage: Stage = "end_to_end"
    reason: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    labels: tuple[str, str | None] | None = None
    low: float | None = 0.0
    high: float | None = 1.0
    passed: bool | None = None
    turn: int | None = None
    calls: tuple[Call, ...] = ()

    @property
    def title(self) -> str:
        """The name, with the turn that it is of."""
        return self.name if self.turn is None else f"{self.name}, turn {self.turn}"

    def decided(self, passed: bool) -> "Score":
        """The score with whether it passes."""
        return Score(
            self.name, self.value, self.status, self.stage, self.reason, self.evidence, self.labels,
            self.low, self.high, passed, self.turn, self.calls,
        )  # fmt: skip

    def __post_init__(self) -> None:
        if self.value is not None and not float("-inf") < self.value < float("inf"):
            raise ValueError(f"score {self.name!r} is {self.value}; a score is finite or None with a reason")
        if (self.value is None) == (self.status == "scored"):
            raise ValueError(
                f"score {self.name!r}: status {self.status!r} does not go with value {self.value!r}"
            )


@fast_init
@dataclass(frozen=True, slots=True)
class Row:
    """One case run once: the unit that is stored.

    The resume key is (run_id, suite, fingerprint, model, case.id, replicate).
    """

    run_id: str
    suite: str
    target: str
    fingerprint: str
    model: str
    case: Case
    replicate: int
    observation: Observation
    scores: tuple[Score, ...] = ()


class CaseVerdict(Enum):
    """How one row, or one case over its repeats, ended: what every view reads."""

    PASS = "pass"
    FAIL = "fail"
    ERROR = "error"
    UNSCORED = "unscored"

    @staticmethod
    def of_repeats(verdicts: Iterable["CaseVerdict"]) -> "CaseVerdict":
        """The first of error, fail, unscored, pass that one of the repeats has."""
        found = set(verdicts)
        if len(found) == 1:
            return found.pop()
        order = (CaseVerdict.ERROR, CaseVerdict.FAIL, CaseVerdict.UNSCORED)
        return next((verdict for verdict in order if verdict in found), CaseVerdict.PASS)


def stream_time(seen: Observation, name: str) -> float | None:
    """One of STREAM_TIMES: of a reply that was streamed, or as a team's own system reports it."""
    timings = seen.trace.timings if seen.trace is not None else None
    found = seen.details.get(name, (timings or {}).get(name.removesuffix("_ms")))
    return found if isinstance(found, int | float) else None


def spent_of(seen: Observation) -> dict[str, float]:
    """What a case took, by the names of SPENT, as far as it is known."""
    usage = usage_of_calls(seen.calls)
    counts = () if usage is None else (usage.prompt_tokens, usage.completion_tokens)
    known = [count for count in counts if count is not None]
    cost = seen.priced_usd if seen.reported_cost_usd is None else seen.reported_cost_usd
    found = {
        "latency_ms": seen.latency_ms,
        **{name: stream_time(seen, name) for name in STREAM_TIMES},
        "cost_usd": cost,
        "tokens": float(sum(known)) if known else None,
    }
    return {name: value for name, value in found.items() if value is not None}


class ScoreResult(Protocol):
    """What a verdict reads of a score."""

    @property
    def status(self) -> ScoreStatus: ...

    @property
    def passed(self) -> bool | None: ...


def case_verdict(outcome: Outcome, scores: Iterable[ScoreResult]) -> CaseVerdict:
    """The verdict of one row, from its outcome and all of its scores.

    An output that is invalid, refused, truncated or filtered fails, unless a scorer passes it: one
    that asks for just that.
    """
    if outcome == "error":
        return CaseVerdict.ERROR
    passes = failed = False
    for score in scores:
        if score.passed is False:
            return CaseVerdict.FAIL
        passes = passes or bool(score.passed)
        failed = failed or score.status == "failed"
    if outcome != "ok" and not passes:
        return CaseVerdict.FAIL
    return CaseVerdict.UNSCORED if failed else CaseVerdict.PASS


def row_verdict(row: Row) -> CaseVerdict:
    """The verdict of one row."""
    return case_verdict(row.observation.outcome, row.scores)


# What a score's evidence says where its judge could not be asked: a resumed run asks again.
UNASKED = "unasked"


def is_unasked(scores: Iterable[Score]) -> bool:
    """Whether a judge could not be asked about an output, so that a resumed run asks it again."""
    return any(UNASKED in score.evidence for score in scores)


def is_settled(row: Row) -> bool:
    """Whether a resumed run keeps a row as it is: it has an answer, and every judge was asked."""
    return row.observation.outcome != "error" and not is_unasked(row.scores)
