"""What a retrieval suite shows beside its metrics: why questions failed, what each stage cost, abstention."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from prompteval.core.verdict import Estimate


@dataclass(frozen=True, slots=True)
class LossLine:
    """What one stage costs: right answers with it perfect, less those with it as it is, question by question.

    A loss may be negative. `low` and `high` are of the paired difference; None where there are no pairs.
    """

    loss: str
    better: str
    worse: str
    pairs: int
    a: float | None
    b: float | None
    delta: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class RagView:
    """`attribution` counts failed questions by their one reason and sums to `failed`.

    `cases` are their ids. `truncated` counts those, by reason, of which an encoder did not read gold
    whole, `tie_sensitive` the questions where the order of tied candidates changes a ranking metric. `losses`
    are over answerable questions with gold. `abstention` has the score at each cost of a wrong answer,
    over all questions, where an answer can abstain; `curve` pairs coverage with risk where the model
    reports a confidence.
    """

    attribution: Mapping[str, int]
    truncated: Mapping[str, int]
    failed: int
    questions: int
    tie_sensitive: int = 0
    losses: tuple[LossLine, ...] = ()
    abstention: tuple[Estimate, ...] = ()
    curve: tuple[tuple[float, float], ...] = ()
    cases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Keys of a result in `run --json`."""
        body: dict[str, object] = {
            "attribution": dict(self.attribution),
            "failures": {
                "failed": self.failed,
                "questions": self.questions,
                "truncated": dict(self.truncated),
                "tie_sensitive": self.tie_sensitive,
                "cases": {reason: list(ids) for reason, ids in self.cases.items()},
            },
        }
        if self.losses:
            body["losses"] = [asdict(line) for line in self.losses]
        if self.abstention:
            body["abstention"] = [
                {
                    "metric": e.metric,
                    "value": e.value,
                    "low": e.low,
                    "high": e.high,
                    "n": e.n,
                    "method": e.method,
                }
                for e in self.abstention
            ]
        if self.curve:
            body["risk_coverage"] = [list(point) for point in self.curve]
        return body


def rag_from(raw: Mapping[str, Any]) -> RagView | None:
    """The view behind `as_json`; None for a result without a pipeline."""
    if "attribution" not in raw:
        return None
    failures = raw["failures"]
    return RagView(
        attribution=raw["attribution"],
        truncated=failures["truncated"],
        failed=failures["failed"],
        questions=failures["questions"],
        tie_sensitive=failures["tie_sensitive"],
        cases={reason: tuple(ids) for reason, ids in failures.get("cases", {}).items()},
        losses=tuple(LossLine(**line) for line in raw.get("losses", ())),
        abstention=tuple(Estimate(**line) for line in raw.get("abstention", ())),
        curve=tuple((coverage, risk) for coverage, risk in raw.get("risk_coverage", ())),
    )
