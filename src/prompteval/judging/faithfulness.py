"""`faithfulness`: the claims of an answer, each supported by a passage, contradicted or not found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

from prompteval.core.case import Case
from prompteval.core.errors import UsageError
from prompteval.core.observation import Observation, Score
from prompteval.core.protocols import Scorer
from prompteval.corpus.quote import find_exact, find_normalised, normalised
from prompteval.judging.ask import LABEL_KEYS, Ask, LoadedJudge, judge_fingerprint, shortened
from prompteval.judging.inputs import Absent, judge_inputs, passages_of
from prompteval.judging.options import FaithfulnessOptions
from prompteval.workspace.scorer_options import WithOptions

CLAIM_FIELDS = ("claim", "verdict", "passage", "quote")
SUPPORTED, CONTRADICTED, NOT_FOUND = "supported", "contradicted", "not_found"
VERDICTS = (SUPPORTED, CONTRADICTED, NOT_FOUND)


@dataclass(frozen=True)
class Faithfulness(Scorer, WithOptions):
    """A model that takes an answer apart into claims, and looks for each in the passages.

    Its prompt has the inputs `output` and `context`, and its output `claims`: a list of `claim`, `verdict`
    (supported, contradicted or not_found), `passage` (its number) and `quote`. A claim counts as supported
    where its quote is found in its passage; the score is the share of supported claims.

    Example: `{faithfulness: {prompt: judge_faithfulness@v1, threshold: 0.9}}`
    """

    options = FaithfulnessOptions

    name: str = ""
    prompt: str = ""
    model: str = ""
    threshold: float | None = None
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
        return judge_fingerprint(self.loaded, {"kind": "faithfulness", "threshold": self.threshold})

    def score(self, case: Case, observation: Observation) -> Score:
        """Failed: the engine asks the model, and has `read` make the score."""
        return Score(self.name, None, status="failed", reason="the judge's model was not asked")

    def asks(self, case: Case, observation: Observation) -> Sequence[Ask] | Score:
        if observation.outcome != "ok":
            return self._decided(0.0, f"the output is {observation.outcome}", {})
        if self.loaded is None:
            return self.score(case, observation)
        if observation.trace is not None and observation.trace.abstain:
            return Score(self.name, None, status="skipped", reason="the answer abstains")
        try:
            return [Ask(judge_inputs(self.loaded.prompt.inputs, case, observation))]
        except Absent as lacking:
            reason = f"there is no {lacking} to judge by"
            return Score(self.name, None, status="skipped", reason=reason, evidence={"absent": str(lacking)})

    def read(
        self, case: Case, observation: Observation, asked: Sequence[Ask], answers: Sequence[Observation]
    ) -> Score:
        """The share of claims that a passage supports in the words that the judge quotes."""
        answer = answers[0]
        output = answer.output if isinstance(answer.output, Mapping) else {}
        claims = output.get("claims")
        if answer.outcome != "ok" or not isinstance(claims, list):
            why = answer.failure.message if answer.failure is not None else "no claims"
            return self._failed(f"{answer.outcome}: {why}")
        passages = {one.n: one.text for one in passages_of(observation) or ()}
        found = []
        for claim in claims:
            if not isinstance(claim, Mapping) or claim.get("verdict") not in VERDICTS:
                return self._failed("a claim has no verdict of supported, contradicted or not_found")
            found.append(_checked(claim, passages))
        if not found:
            return Score(self.name, None, status="skipped", reason="the answer makes no claim")
        supported = sum(one["counts_as"] == SUPPORTED for one in found)
        unfounded = sum(one["quote_found"] is False for one in found)
        reason = f"{unfounded} quotes are not in their passage" if unfounded else ""
        return self._decided(supported / len(found), reason, {"claims": found})

    def _failed(self, why: str) -> Score:
        return Score(self.name, None, status="failed", reason=f"the judge's reply: {why}")

    def _decided(self, value: float, reason: str, evidence: Mapping[str, object]) -> Score:
        passed = None if self.threshold is None else value >= self.threshold
        return Score(self.name, value, reason=reason, evidence=evidence, passed=passed)


def _checked(claim: Mapping[str, object], passages: Mapping[int, str]) -> dict[str, object]:
    """A claim with what it counts as: one whose quote is not in its passage counts as not found."""
    number, quote = claim.get("passage"), claim.get("quote")
    text = passages.get(number) if isinstance(number, int) else None
    verdict, quoted = claim["verdict"], None
    if verdict != NOT_FOUND:
        quoted = text is not None and isinstance(quote, str) and _is_in(quote, text)
    counted = NOT_FOUND if quoted is False else verdict
    kept = {key: shortened(claim[key]) for key in CLAIM_FIELDS if key in claim}
    return {**kept, "quote_found": quoted, "counts_as": counted}


def _is_in(quote: str, text: str) -> bool:
    return bool(find_exact(text, quote) or find_normalised(normalised(text), quote))
