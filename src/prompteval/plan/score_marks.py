"""By what the scores of a scorer are known again: its kind, its options and its version."""

from prompteval.core.fingerprint import fingerprint
from prompteval.plan.suite_plan import SuitePlan


def score_marks(plan: SuitePlan) -> dict[str, str]:
    """The fingerprint of each scorer that has a version, by its name.

    The name is not part of it, so that scorers which differ in nothing else share their scores.
    """
    specs = plan.suite.scorers
    own = plan.scorers[len(plan.scorers) - len(specs) :]  # those of a pipeline's stages come first
    return {
        scorer.name: fingerprint([spec.kind, dict(spec.options), scorer.version])
        for spec, scorer in zip(specs, own, strict=True)
        if scorer.version
    }
