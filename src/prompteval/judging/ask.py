"""What a judge is asked, and what it answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from prompteval.core.case import Case
from prompteval.core.fingerprint import fingerprint
from prompteval.core.observation import Observation, Score
from prompteval.core.protocols import Scorer
from prompteval.judging.marks import RULES
from prompteval.prompt.prompt import Prompt

LONGEST_REASON = 2_000
# Where a score's evidence says what was judged, how long it is, by which word, and what each asking gave.
LABEL_KEYS = ("labelled", "labelled_passes", "calibrated")
OUTPUT, LENGTH, WORD, SAMPLES, ORDER = "output", "length", "label", "samples", "order_changed"
PROBABILITY = "probability"


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to a judge: the inputs of its prompt, as which sample, and what it counts."""

    inputs: Mapping[str, object]
    sample: int = 0
    part: str = ""
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class LoadedJudge:
    """A judge's prompt and the model that it asks; `params` are sent beside those of the prompt."""

    prompt: Prompt
    model: str
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def asked(self) -> Prompt:
        """The prompt as the model is asked it."""
        if not self.params:
            return self.prompt
        return replace(self.prompt, params={**self.prompt.params, **self.params})

    @property
    def content(self) -> list[object]:
        """Everything that can change a verdict but the options of its scorer."""
        return [self.prompt.fingerprint, self.model, RULES]


class AskingScorer(Scorer, Protocol):
    """A scorer that asks a model: it says what to ask, and reads the answers."""

    loaded: LoadedJudge | None

    @property
    def fingerprint(self) -> str:
        """Over everything that can change a verdict: a calibration belongs to it."""
        ...

    def asks(self, case: Case, observation: Observation) -> Sequence[Ask] | Score:
        """What to ask about an output, or its score where nothing needs to be asked."""
        ...

    def read(
        self, case: Case, observation: Observation, asked: Sequence[Ask], answers: Sequence[Observation]
    ) -> Score:
        """The score that the answers give, one an ask, in order."""
        ...


def output_hash(output: object) -> str:
    """By what an output is known again in a file of labels."""
    return fingerprint(output)


def judge_fingerprint(loaded: LoadedJudge | None, options: Mapping[str, object]) -> str:
    """Of a judge with its options; of one whose prompt could not be loaded, of the options alone."""
    return fingerprint([None if loaded is None else loaded.content, dict(options)])


def shortened(value: object) -> object:
    """What a judge said, its longest texts cut: it is stored with every score."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_REASON else f"{value[:LONGEST_REASON]}…"
    if isinstance(value, Mapping):
        return {str(key): shortened(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [shortened(inner) for inner in value]
    return value
