"""`judge`: one output at a time, by labels, on a scale, or by the criteria of a rubric."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

from prompteval.core.case import Case
from prompteval.core.errors import UsageError
from prompteval.core.observation import Observation, Score
from prompteval.core.protocols import Scorer
from prompteval.judging.ask import (
    LABEL_KEYS,
    PROBABILITY,
    SAMPLES,
    WORD,
    Ask,
    LoadedJudge,
    judge_fingerprint,
)
from prompteval.judging.inputs import CRITERION, PASSAGE, Absent, as_declared, judge_inputs, passages_of
from prompteval.judging.options import PointwiseOptions
from prompteval.judging.probability import label_probabilities, mean_probabilities
from prompteval.judging.said import entry_of, label_said
from prompteval.judging.verdict_field import BadVerdict, VerdictField, label_text, verdict_field
from prompteval.workspace.scorer_options import WithOptions


@dataclass(frozen=True)
class Judge(Scorer, WithOptions):
    """A model that judges each output by a prompt of the workspace.

    The prompt is given the inputs of the case that it declares, and `output`, `expected`, `reference`,
    `context` and `messages`; its output has a label or a number, and before it the reasons. A judge of labels
    passes on `passes`; a number measures, and passes or fails only with a `threshold`. With `criteria`, each
    is judged apart and the value is their weighted mean; `each: context` judges passage by passage. With
    `probability` the value is how probable the model finds the labels that pass.

    Example: `{judge: {prompt: judge_helpful@v1, scale: [1, 5], threshold: 4}}`
    """

    options = PointwiseOptions

    name: str = ""
    prompt: str = ""
    model: str = ""
    field: str = ""
    scale: list[float] | None = None
    threshold: float | None = None
    passes: list[str] | None = None
    samples: int = 1
    criteria: list[dict[str, Any]] | None = None
    each: str | None = None
    probability: bool = False
    loaded: LoadedJudge | None = None

    reports: ClassVar[tuple[str, ...] | None] = LABEL_KEYS
    timeout_s = None  # the layers of the model bound its calls

    def with_prompt(self, loaded: LoadedJudge) -> "Judge":
        """The judge with its prompt. Raises UsageError where the prompt cannot judge so."""
        declared = loaded.prompt.inputs.model_fields
        for key, given, name in (("criteria", self.criteria, CRITERION), ("each", self.each, PASSAGE)):
            if bool(given) != (name in declared):
                has = "has no" if given else "has an"
                raise UsageError(f"{loaded.prompt.reference} {has} input {name!r}", f"it goes with `{key}:`")
        found = replace(self, loaded=loaded)
        verdict = found.verdict
        if self.probability and verdict.is_scale:
            raise UsageError(f"probability is for labels, and {verdict.name} is a number", "remove it")
        if verdict.labels and self.threshold is not None and not (self.criteria or self.each):
            raise UsageError("threshold is for numbers; labels pass by `passes:`", "remove it")
        if self.threshold is not None and not found.low <= self.threshold <= found.high:
            raise UsageError(f"threshold {self.threshold:g} is outside of the scale")
        return found

    @cached_property
    def verdict(self) -> VerdictField:
        """How its output is read. Raises UsageError where it cannot be."""
        if self.loaded is None:
            return VerdictField("verdict")
        return verdict_field(self.loaded.prompt.output, self.field, self.scale, self.passes)

    @cached_property
    def fingerprint(self) -> str:
        """Over prompt, model and options: a calibration belongs to it."""
        options = {
            "field": self.verdict.name, "scale": [self.verdict.low, self.verdict.high],
            "passes": sorted(self.verdict.passes), "samples": self.samples, "criteria": self.criteria,
            "each": self.each or "", "threshold": self.threshold,
            **({PROBABILITY: True} if self.probability else {}),
        }  # fmt: skip
        return judge_fingerprint(self.loaded, options)

    @property
    def low(self) -> float:
        return self.verdict.low

    @property
    def high(self) -> float:
        return self.verdict.high

    @cached_property
    def is_graded(self) -> bool:
        """Whether its values lie on a scale; a judge of labels says yes or no."""
        return self.verdict.is_scale or bool(self.criteria) or bool(self.each)

    @cached_property
    def decides(self) -> bool:  # type: ignore[override]
        """Whether its scores pass or fail; a number without a threshold only measures."""
        return not self.is_graded or self.threshold is not None

    @property
    def calls_an_output(self) -> int:
        """How often it is asked about an output; where it judges passage by passage, about each of them."""
        return self.samples * (len(self.criteria) if self.criteria else 1)

    def score(self, case: Case, observation: Observation) -> Score:
        """Failed: the engine asks the model, and has `read` make the score."""
        return Score(self.name, None, status="failed", reason="the judge's model was not asked")

    def asks(self, case: Case, observation: Observation) -> Sequence[Ask] | Score:
        if observation.outcome != "ok":
            return self._decided(self.low, f"the output is {observation.outcome}")
        if self.loaded is None:
            return self.score(case, observation)
        fields = self.loaded.prompt.inputs
        try:
            inputs = judge_inputs(fields, case, observation)
        except Absent as lacking:
            return self._skipped(f"there is no {lacking} to judge by", str(lacking))
        samples = range(self.samples)
        if self.criteria:
            return [
                Ask({**inputs, CRITERION: one["text"]}, sample, str(one["name"]), float(one.get("weight", 1)))
                for one in self.criteria
                for sample in samples
            ]
        if not self.each:
            return [Ask(inputs, sample) for sample in samples]
        passages = passages_of(observation)
        if not passages:
            return self._skipped("there is no passage to judge", "context")
        declared = fields.model_fields[PASSAGE].annotation
        return [
            Ask({**inputs, PASSAGE: as_declared(PASSAGE, declared, one.text)}, sample, str(one.n))
            for one in passages
            for sample in samples
        ]

    def read(
        self, case: Case, observation: Observation, asked: Sequence[Ask], answers: Sequence[Observation]
    ) -> Score:
        """The weighted mean of the verdicts; failed where one of them is none."""
        values: dict[str, list[float]] = {}
        weights: dict[str, float] = {}
        said: list[dict[str, object]] = []
        shares: list[dict[str, float]] = []
        for ask, answer in zip(asked, answers, strict=True):
            try:
                value, verdict = self._verdict(answer)
                if self.probability:
                    shares.append(label_probabilities(answer, self.verdict))
                    value = self._passing(shares[-1])
            except BadVerdict as wrong:
                where = f" of {ask.part}" if ask.part else ""
                return Score(self.name, None, status="failed", reason=f"the judge's reply{where}: {wrong}")
            values.setdefault(ask.part, []).append(value)
            weights[ask.part] = ask.weight
            entry = entry_of(ask, answer, self.verdict.name, verdict)
            said.append({**entry, PROBABILITY: round(value, 6)} if self.probability else entry)
        means = {part: sum(given) / len(given) for part, given in values.items()}
        value = sum(means[part] * weights[part] for part in means) / sum(weights.values())
        evidence: dict[str, object] = {"judge": said}
        if len(means) > 1 or "" not in means:
            evidence["parts"] = means
        if self.samples > 1:
            evidence[SAMPLES] = [one for given in values.values() for one in given]
        if self.is_graded:
            return self._decided(value, "", evidence)
        if self.probability:
            evidence[PROBABILITY] = value
        return self._decided(value, "", evidence, label_said(said, mean_probabilities(shares)))

    def _passing(self, shares: Mapping[str, float]) -> float:
        return sum(share for label, share in shares.items() if label in self.verdict.passes)

    def _verdict(self, answer: Observation) -> tuple[float, object]:
        if answer.outcome != "ok" or not isinstance(answer.output, Mapping):
            why = answer.failure.message if answer.failure is not None else "no output"
            raise BadVerdict(f"{answer.outcome}: {why}")
        verdict = answer.output.get(self.verdict.name)
        return self.verdict.value(verdict), verdict if self.verdict.is_scale else label_text(verdict)

    def _decided(
        self,
        value: float,
        reason: str,
        evidence: Mapping[str, object] | None = None,
        label: str | None = None,
    ) -> Score:
        passed: bool | None = None
        if not self.is_graded and self.probability and label is not None:
            passed = label in self.verdict.passes
        elif not self.is_graded:
            passed = value > 0.5  # of several samples most have to pass
        elif self.threshold is not None:
            passed = value >= self.threshold
        if label is not None:
            evidence = {**(evidence or {}), WORD: label}
        return Score(
            self.name,
            value,
            reason=reason,
            evidence=evidence or {},
            low=self.low,
            high=self.high,
            passed=passed,
        )

    def _skipped(self, reason: str, absent: str) -> Score:
        return Score(self.name, None, status="skipped", reason=reason, evidence={"absent": absent})
