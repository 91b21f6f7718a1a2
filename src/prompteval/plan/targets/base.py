"""What every kind of target has in common, resolved and ready to be opened."""

from typing import Protocol

from prompteval.cases.record import Typed, Validate
from prompteval.core.observation import Failure, Observation, Stage
from prompteval.core.problem import Problem


class TargetPlan(Protocol):
    """A target with every name resolved.

    `reference` is what reports show (`classify_intent@v2`); `name` is what two runs pair by,
    without the version. `fingerprint` covers everything that can change an answer, as far as it can be
    known. `own_model` is the label of a target that takes no model, else None.
    """

    @property
    def reference(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str: ...

    @property
    def own_model(self) -> str | None: ...

    @property
    def validate(self) -> Validate | None:
        """Checks a raw case's inputs and expected value; None where any JSON value will do."""
        ...

    @property
    def typed(self) -> Typed | None:
        """Reads a raw case's values as the target's types do; None where they stay as they are."""
        ...

    @property
    def output_fields(self) -> frozenset[str] | None:
        """The names of the output's fields; None where they are not known."""
        ...

    def problems(self) -> list[Problem]:
        """What `check` has to say of the target itself."""
        ...


def failed(stage: Stage, kind: str, message: str, *, text: str = "", latency_ms: float = 0.0) -> Observation:
    """The observation of a case whose target gave no answer."""
    failure = Failure(stage, kind, message)
    return Observation(outcome="error", failure=failure, text=text, latency_ms=latency_ms)
