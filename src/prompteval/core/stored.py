"""What is read back of a run: entries, their rows and scores, by name and never by position."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prompteval.core.fast_init import fast_init
from prompteval.core.observation import Call, Outcome, ScoreStatus


@dataclass(frozen=True, slots=True)
class EntryKey:
    """One (suite, target, model) of a run; `target` is its reference, as reports show it."""

    run_id: str
    suite: str
    target: str
    model: str


@fast_init
@dataclass(frozen=True, slots=True)
class StoredScore:
    """A score as it was stored; the fields are those of `Score`."""

    name: str
    value: float | None
    status: ScoreStatus = "scored"
    labels: tuple[str, str | None] | None = None
    reason: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    stage: str = "end_to_end"
    low: float | None = 0.0
    high: float | None = 1.0
    passed: bool | None = None
    turn: int | None = None
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class Reported:
    """What the target reported; `tokens` are the completion tokens of its last call.

    `spent` is what the case took, as far as it is known, by the names of `SPENT`.
    """

    details: Mapping[str, Any] = field(default_factory=dict)
    logprobs: tuple[float, ...] | None = None
    tokens: int | None = None
    spent: Mapping[str, float] = field(default_factory=dict)


NOTHING_REPORTED = Reported()


@fast_init
@dataclass(frozen=True, slots=True)
class StoredRow:
    """One case run once, as far as numbers need it.

    `repeat` is the case's own wish, None where it has none. `mark` is a short digest of the case's
    inputs and expected value, empty where it was not asked for; `reported` holds nothing then.
    """

    case_id: str
    replicate: int
    outcome: Outcome
    latency_ms: float = 0.0
    confidence: float | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    cluster: str | None = None
    repeat: int | None = None
    mark: str = ""
    scores: tuple[StoredScore, ...] = ()
    reported: Reported = NOTHING_REPORTED

    def score(self, name: str) -> StoredScore | None:
        """The score of that name, None where the scorer gave none."""
        return next((score for score in self.scores if score.name == name), None)


@dataclass(frozen=True, slots=True)
class RowFields:
    """What of a row to read beside its scores: what the target reported, the mark of its case."""

    reported: bool = False
    mark: bool = False


@dataclass(frozen=True, slots=True)
class SuiteFacts:
    """What a suite's numbers were made from, and how they are compared.

    `cases` is the fingerprint of its cases. `scorers` has (kind, name, options) of each, `fields` the
    output field each reads, `measures` each metric with its scorer, `effects` the limits of each
    metric that a `no_regression` rule names.
    """

    cases: str
    scorers: tuple[tuple[str, str, Mapping[str, Any]], ...]
    fields: Mapping[str, str]
    measures: tuple[tuple[str, str], ...]
    primary: tuple[str, ...]
    effects: Mapping[str, Mapping[str, float]]
    slices: tuple[str, ...]
    split: tuple[str, ...]
    on_error: str


Rows = Callable[[RowFields], Iterator[StoredRow]]


def _no_texts(ids: Sequence[str]) -> Mapping[str, str]:
    return {}


def _no_tokens() -> tuple[int | None, int | None]:
    return None, None


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """One entry of a run or of a baseline, whose rows can be read again.

    `run_id` is None for a baseline. `rows` reads the rows again, by case id and replicate; `texts`
    gives the outputs of some cases, `tokens` the (prompt, completion) tokens of all replies.
    `usable` counts the cases that have an answer, be it an invalid one; None where it is not known
    without reading the rows. `timed` says that every reply came from the system itself, since the
    cache and a recording answer in no time; `cost_usd` is what the entry's calls really cost. `held_back`
    says of metrics that rest on a judge which may not decide why not. `content` is what the prompt was made
    of, empty where that was not kept.
    """

    run_id: str | None
    suite: str
    target: str
    fingerprint: str
    model: str
    facts: SuiteFacts
    rows: Rows
    texts: Callable[[Sequence[str]], Mapping[str, str]] = _no_texts
    tokens: Callable[[], tuple[int | None, int | None]] = _no_tokens
    usable: int | None = None
    timed: bool = False
    cost_usd: float | None = None
    held_back: Mapping[str, str] = field(default_factory=dict)
    content: Mapping[str, Any] = field(default_factory=dict)
