"""What the engine needs of each scorer: the identity of its cached scores, and the turns that it scores."""

from prompteval.core.fingerprint import fingerprint
from prompteval.core.protocols import Scorer
from prompteval.plan.suite_plan import SuitePlan
from prompteval.workspace.scorer_options import Turn, turn_of
from prompteval.workspace.suite import ScorerSpec


def score_turns(plan: SuitePlan) -> dict[str, Turn]:
    """Which turns of a conversation each scorer of the suite scores, by its name."""
    return {scorer.name: turn_of(spec.options) for spec, scorer in _own(plan)}


def _own(plan: SuitePlan) -> list[tuple[ScorerSpec, Scorer]]:
    """The scorers that the suite names, with their entries; those of a pipeline's stages come first."""
    specs = plan.suite.scorers
    return list(zip(specs, plan.scorers[len(plan.scorers) - len(specs) :], strict=True))


def score_marks(plan: SuitePlan) -> dict[str, str]:
    """The fingerprint of each scorer that has a version, by its name.

    The name is not part of it, so that scorers which differ in nothing else share their scores.
    """
    return {
        scorer.name: fingerprint([spec.kind, dict(spec.options), scorer.version])
        for spec, scorer in _own(plan)
        if scorer.version
    }
