"""`pairwise`: which of two outputs of a case is better, asked in both orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Literal

from prompteval.core.case import Case
from prompteval.core.errors import UsageError
from prompteval.core.observation import Observation, Score
from prompteval.core.problem import did_you_mean
from prompteval.core.protocols import Scorer
from prompteval.judging.ask import Ask, LoadedJudge, judge_fingerprint
from prompteval.judging.inputs import FIRST, SECOND, Absent, as_declared, as_text, judge_inputs
from prompteval.judging.options import PairwiseOptions
from prompteval.judging.said import beside
from prompteval.judging.verdict_field import USUAL_FIELDS, labels_of
from prompteval.prompt.prompt import Prompt
from prompteval.workspace.scorer_options import WithOptions

Preferred = Literal["first", "second", "tie"]
WORDS: tuple[Preferred, ...] = ("first", "second", "tie")
ORDERS = ("ab", "ba")
_SIGN: Mapping[str, int] = {"first": 1, "tie": 0, "second": -1}
# What the win rate at equal length reads, by the key of a score's evidence.
LENGTH = "longer_by"


def preference(first_order: Preferred, second_order: Preferred) -> float:
    """1 where the case's own output wins, 0 where it loses, one half for a tie.

    In the first order it is shown first, in the second order the other is. The sign of the sum decides: a win
    and a tie are a win, a win and a loss are a tie.
    """
    total = _SIGN[first_order] - _SIGN[second_order]
    return 0.5 if total == 0 else float(total > 0)


def changed_by_order(first_order: Preferred, second_order: Preferred) -> bool:
    """Whether the judge decides otherwise when the order is turned."""
    return _SIGN[first_order] != -_SIGN[second_order]


@dataclass(frozen=True)
class Pairwise(Scorer, WithOptions):
    """A model that says which of two outputs is better: that of the case, or that of another version.

    Its prompt is given `first` and `second`, and what a `judge` is given; its output has `first`, `second` or
    `tie`. Each pair is judged in both orders, and a score is 1 for a win, 0 for a loss, 0.5 for a tie.

    Example: `{pairwise: {prompt: judge_better@v1, against: route@v1}}`
    """

    options = PairwiseOptions

    name: str = ""
    prompt: str = ""
    model: str = ""
    against: str = ""
    field: str = ""
    rival: Prompt | None = None
    loaded: LoadedJudge | None = None

    threshold: ClassVar[float | None] = None  # type: ignore[misc]
    reports: ClassVar[tuple[str, ...] | None] = (LENGTH,)
    decides = False
    timeout_s = None
    low: ClassVar[float] = 0.0
    calls_an_output: ClassVar[int] = len(ORDERS)
    high: ClassVar[float] = 1.0

    def with_prompt(self, loaded: LoadedJudge) -> "Pairwise":
        """The judge with its prompt. Raises UsageError where the prompt cannot compare."""
        for name in (FIRST, SECOND):
            if name not in loaded.prompt.inputs.model_fields:
                raise UsageError(
                    f"{loaded.prompt.reference} has no input {name!r}", "a pairwise judge has both"
                )
        found = replace(self, loaded=loaded)
        fields = loaded.prompt.output.model_fields
        if found.verdict_name not in fields:
            help = did_you_mean(self.field, fields) if self.field else "name it with `field:`"
            raise UsageError(f"the judge's output has no field {self.field or 'verdict'!r}", help)
        labels = labels_of(fields[found.verdict_name].annotation)
        if not {"first", "second"} <= set(labels) <= set(WORDS):
            raise UsageError(f"{found.verdict_name} must be a Literal of first, second and tie")
        return found

    @cached_property
    def verdict_name(self) -> str:
        fields = {} if self.loaded is None else self.loaded.prompt.output.model_fields
        return self.field or next((name for name in USUAL_FIELDS if name in fields), "verdict")

    @cached_property
    def fingerprint(self) -> str:
        """Over prompt, model and field; what is compared is not part of the judge."""
        return judge_fingerprint(self.loaded, {"field": self.verdict_name})

    def score(self, case: Case, observation: Observation) -> Score:
        """Failed: the engine asks the model, and has `compare` make the score."""
        return Score(self.name, None, status="failed", reason="the judge's model was not asked")

    def asks(self, case: Case, observation: Observation) -> Sequence[Ask] | Score:
        return self.score(case, observation)

    def compare(self, case: Case, own: Observation, other: Observation) -> Sequence[Ask] | Score:
        """Both orders; no question where one side has no output."""
        if self.loaded is None:
            return self.score(case, own)
        if own.outcome != "ok" or other.outcome != "ok":
            value = 0.5 if own.outcome != "ok" and other.outcome != "ok" else float(own.outcome == "ok")
            side = own if own.outcome != "ok" else other
            return Score(self.name, value, reason=f"an output is {side.outcome}")
        fields = self.loaded.prompt.inputs
        try:
            inputs = judge_inputs(fields, case, own)
        except Absent as lacking:
            reason = f"there is no {lacking} to judge by"
            return Score(self.name, None, status="skipped", reason=reason, evidence={"absent": str(lacking)})
        shown = [
            as_declared(name, fields.model_fields[name].annotation, side.output)
            for name, side in ((FIRST, own), (SECOND, other))
        ]
        return [
            Ask({**inputs, FIRST: shown[0], SECOND: shown[1]}, part="ab"),
            Ask({**inputs, FIRST: shown[1], SECOND: shown[0]}, part="ba"),
        ]

    def read(
        self, case: Case, observation: Observation, asked: Sequence[Ask], answers: Sequence[Observation]
    ) -> Score:
        """The preference of both orders; failed where one of them has no verdict."""
        verdicts: list[Preferred] = []
        said: list[dict[str, object]] = []
        for ask, answer in zip(asked, answers, strict=True):
            verdict = _preferred(answer, self.verdict_name)
            if verdict is None:
                why = answer.failure.message if answer.failure is not None else "no verdict"
                reason = f"the judge's reply to order {ask.part}: {answer.outcome}: {why}"
                return Score(self.name, None, status="failed", reason=reason)
            verdicts.append(verdict)
            said.append({"order": ask.part, "verdict": verdict, **beside(answer.output, self.verdict_name)})
        lengths = [len(as_text(asked[0].inputs[name])) for name in (FIRST, SECOND)]
        value = preference(verdicts[0], verdicts[1])
        evidence = {
            "judge": said,
            "order_changed": changed_by_order(verdicts[0], verdicts[1]),
            LENGTH: [value, float(lengths[0] - lengths[1])],
        }
        return Score(self.name, value, evidence=evidence)


def _preferred(answer: Observation, name: str) -> Preferred | None:
    if answer.outcome != "ok" or not isinstance(answer.output, Mapping):
        return None
    return next((word for word in WORDS if word == answer.output.get(name)), None)
