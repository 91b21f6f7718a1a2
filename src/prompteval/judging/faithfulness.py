"""`faithfulness`: the claims of an answer, each supported by a passage, contradicted or not found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

from prompteval.core.case import Case
from prompteval.core.errors import UsageError
from prompteval.core.observation import Observation, Score
from prompteval.core.protocols import Scorer
from prompteval.core.text import counted
from prompteval.judging.ask import LABEL_KEYS, Ask, LoadedJudge, judge_fingerprint
from prompteval.judging.citations import CitedAnswer, citation_asks, citation_claims, citation_value
from prompteval.judging.claims import SUPPORTED, NoClaims, claims_of
from prompteval.judging.inputs import Absent, judge_inputs, passages_of
from prompteval.judging.options import FaithfulnessOptions
from prompteval.workspace.scorer_options import WithOptions


@dataclass(frozen=True)
class Faithfulness(Scorer, WithOptions):
    """A model that takes an answer apart into claims, and looks for each in the passages.

    Its prompt has the inputs `output` and `context`, and its output `claims`: a list of `claim`, `verdict`
    (supported, contradicted or not_found), `passage` (its number) and `quote`. A claim counts as supported
    where its quote is found in its passage; the score is the share of supported claims. With `citations`
    each sentence is shown with the passages that it cites, and the score is the recall or the precision of
    citations as ALCE has them: a sentence is supported where all of its claims are.

    Example: `{faithfulness: {prompt: judge_faithfulness@v1, threshold: 0.9}}`
    """

    options = FaithfulnessOptions

    name: str = ""
    prompt: str = ""
    model: str = ""
    threshold: float | None = None
    citations: str | None = None
    loaded: LoadedJudge | None = None

    reports: ClassVar[tuple[str, ...] | None] = LABEL_KEYS
    timeout_s = None
    low: ClassVar[float] = 0.0
    calls_an_output: ClassVar[int] = 1
    high: ClassVar[float] = 1.0

    def with_prompt(self, loaded: LoadedJudge) -> "Faithfulness":
        """The judge with its prompt. Raises UsageError where its output has no claims."""
        schema = loaded.prompt.schema or {}
        if "claims" not in schema.get("properties", {}):
            raise UsageError(
                f"the output of {loaded.prompt.reference} has no field 'claims'",
                "`prompteval init --judge faithfulness` copies one that has",
            )
        return replace(self, loaded=loaded)

    @cached_property
    def decides(self) -> bool:  # type: ignore[override]
        """Whether its scores pass or fail; without a threshold it only measures."""
        return self.threshold is not None

    @cached_property
    def fingerprint(self) -> str:
        """Over prompt, model and options."""
        options: dict[str, object] = {"kind": "faithfulness", "threshold": self.threshold}
        if self.citations:
            options["citations"] = self.citations
        return judge_fingerprint(self.loaded, options)

    def score(self, case: Case, observation: Observation) -> Score:
        """Failed: the engine asks the model, and has `read` make the score."""
        return Score(self.name, None, status="failed", reason="the judge's model was not asked")

    def asks(self, case: Case, observation: Observation) -> Sequence[Ask] | Score:
        if observation.outcome != "ok":
            return self._decided(0.0, {}, f"the output is {observation.outcome}")
        if self.loaded is None:
            return self.score(case, observation)
        if observation.trace is not None and observation.trace.abstain:
            return Score(self.name, None, status="skipped", reason="the answer abstains")
        fields = self.loaded.prompt.inputs
        try:
            inputs = judge_inputs(fields, case, observation)
            if not self.citations:
                return [Ask(inputs)]
            found = citation_asks(fields, inputs, CitedAnswer.of(observation, self.citations))
            return found or self._decided(0.0, {}, "no sentence cites passages that are there")
        except Absent as lacking:
            reason = f"there is no {lacking} to judge by"
            return Score(self.name, None, status="skipped", reason=reason, evidence={"absent": str(lacking)})

    def read(
        self, case: Case, observation: Observation, asked: Sequence[Ask], answers: Sequence[Observation]
    ) -> Score:
        """The share of claims that a passage supports in the words that the judge quotes."""
        cited = CitedAnswer.of(observation, self.citations) if self.citations else None
        try:
            if cited is not None:
                judged = citation_claims(cited, answers)
            else:
                passages = {one.n: one.text for one in passages_of(observation) or ()}
                judged = [claims_of(answers[0], passages)]
        except NoClaims as wrong:
            return Score(self.name, None, status="failed", reason=f"the judge's reply: {wrong}")
        found = [claim for claims in judged for claim in claims]
        unfounded = sum(one["quote_found"] is False for one in found)
        reason = f"{counted(unfounded, 'quote')} not found in the passage named" if unfounded else ""
        if cited is not None:
            return self._decided(*citation_value(cited, judged), reason)
        if not found:
            return Score(self.name, None, status="skipped", reason="the answer makes no claim")
        supported = sum(one["counts_as"] == SUPPORTED for one in found)
        return self._decided(supported / len(found), {"claims": found}, reason)

    def _decided(self, value: float, evidence: Mapping[str, object], reason: str = "") -> Score:
        passed = None if self.threshold is None else value >= self.threshold
        return Score(self.name, value, reason=reason, evidence=evidence, passed=passed)
