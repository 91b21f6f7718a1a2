"""What every scorer shares: the field it reads, the text it extracts, the worst value."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from prompteval._version import __version__
from prompteval.core.case import Case
from prompteval.core.errors import PromptevalError
from prompteval.core.observation import Observation, Score
from prompteval.core.protocols import Pace, Scorer
from prompteval.isolate.pattern_search import search
from prompteval.workspace.scorer_options import WithOptions

# What `pick` gives where the path leads nowhere.
NOTHING_THERE = object()


@dataclass(frozen=True)
class BaseScorer(Scorer, WithOptions):
    """A scorer of one value of the output.

    `field` is a dotted path into the output and, where there is an expected object, into it.
    `extract` is a regular expression with one group, applied to a text answer; no match is
    scored worst. A yes-or-no scorer passes at 1; a graded one measures, and passes or fails only
    with a `threshold`, from 0 to 1. What a suite may write is checked by the model in `options`.
    """

    name: str = ""
    field: str = ""
    extract: str = ""
    threshold: float | None = None

    graded: ClassVar[bool] = False

    needs_expected = True
    reports: ClassVar[tuple[str, ...]] = ()
    # Which form of its rules a run was scored by, where they changed; stored with the run.
    rules: ClassVar[str] = ""
    version = __version__
    # Whether it takes microseconds on a text of usual length; `extract` may take its time on any.
    instant: ClassVar[bool] = False

    @cached_property
    def fields_used(self) -> tuple[str, ...]:  # type: ignore[override]
        """The output field this scorer reads, where it does not read all of the output."""
        return (self.field,) if self.field else ()

    @cached_property
    def pace(self) -> Pace:  # type: ignore[override]
        """What a call takes: a search with a deadline of its own is not instant."""
        return "instant" if self.instant and not self.extract else "short"

    @cached_property
    def _path(self) -> tuple[str, ...]:
        return tuple(self.field.split(".")) if self.field else ()

    def score(self, case: Case, observation: Observation) -> Score:
        """The score of one case: skipped without an expected value, worst without an output."""
        return self.decided(self.read(case, observation))

    @cached_property
    def decides(self) -> bool:  # type: ignore[override]
        """Whether its scores pass or fail; one that only measures says neither."""
        return not self.graded or self.threshold is not None

    def decided(self, score: Score) -> Score:
        """The score with whether it passes, where it has a value and this scorer decides."""
        if score.value is None or not self.decides:
            return score
        return score.decided(score.value >= (1.0 if self.threshold is None else self.threshold))

    def read(self, case: Case, observation: Observation) -> Score:
        """The value of one case, before it is decided whether it passes."""
        picked = self.pick(case, observation)
        if isinstance(picked, Score):
            return picked
        try:
            return self.judge(picked.expected, picked.answer, case)
        except PromptevalError as error:
            return Score(self.name, None, status="failed", reason=str(error))

    def pick(self, case: Case, observation: Observation) -> "Picked | Score":
        """What is to be compared, or the score where there is nothing to compare."""
        expected = pick(case.expected, self._path) if case.expected is not None else NOTHING_THERE
        if self.needs_expected and expected is NOTHING_THERE:
            where = f" for {self.field}" if self.field else ""
            return Score(self.name, None, status="skipped", reason=f"the case has no expected value{where}")
        known = None if expected is NOTHING_THERE else expected
        if observation.outcome != "ok":
            return self._worst(known, f"the output is {observation.outcome}")
        answer = pick(observation.output, self._path)
        if answer is NOTHING_THERE:
            return self._worst(known, f"the output has no field {self.field!r}")
        if self.extract:
            try:
                found = search(self.extract, str(answer))
            except PromptevalError as error:
                return Score(self.name, None, status="failed", reason=str(error))
            if found is None:
                return self._worst(known, "extract found nothing")
            answer = found.strip()
        return Picked(known, answer)

    def judge(self, expected: object, answer: object, case: Case) -> Score:
        """The score of a picked and extracted answer; each scorer's own rule."""
        raise TypeError(f"{type(self).__name__} has no rule")

    def _worst(self, expected: object, reason: str) -> Score:
        labels = (label_of(expected), None) if is_label(expected) else None
        return Score(self.name, 0.0, reason=reason, labels=labels)


@dataclass(frozen=True, slots=True)
class Picked:
    """The expected value, None where the case has none, and the answer to hold against it."""

    expected: Any
    answer: Any


class TooLong(PromptevalError):
    """A text is longer than a scorer reads; its score is failed, with the limit as the reason."""


def refuse_longer(scorer: str, what: str, size: int, limit: int, unit: str) -> None:
    """Raise TooLong for a text over the limit of a scorer."""
    if size > limit:
        raise TooLong(f"{what} of {size:,} {unit} is over the limit of {scorer}, {limit:,}")


def pick(value: object, path: tuple[str, ...]) -> Any:
    """The value at a dotted path through objects and lists; a marker when there is none."""
    for part in path:
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return NOTHING_THERE
    return value


def is_label(value: object) -> bool:
    """Whether a value can name a class."""
    return isinstance(value, str | bool | int)


def label_of(value: object) -> str:
    """A class as text: `true` and `false` as in JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def as_text(value: object) -> str:
    """A value as text to compare: strings as they are, all else as JSON."""
    if isinstance(value, str):
        return value
    import json

    return json.dumps(value, ensure_ascii=False, sort_keys=True)
