"""What outputs are compared with: those of another version, called now, or of a stored run."""

from prompteval.analysis.baselines.file import baseline_run
from prompteval.core.case import Case
from prompteval.core.errors import UsageError
from prompteval.core.observation import Observation
from prompteval.core.protocols import Provider
from prompteval.engine.judges import OtherOutput
from prompteval.engine.targets.prompt import PromptTarget
from prompteval.judging.pairwise import Pairwise
from prompteval.plan.suite_plan import SuitePlan
from prompteval.prompt.prompt import Prompt
from prompteval.providers.layers import CLOCK, CaseClock
from prompteval.store.protocol import ResultsStore

BASELINE = "baseline"


def open_other(
    judge: Pairwise, plan: SuitePlan, model: str, provider: Provider | None, store: ResultsStore
) -> OtherOutput:
    """The outputs that a judge of pairs compares those of a suite and a model with.

    Raises UsageError for a run that is not stored, and for one without this suite.
    """
    if judge.rival is None:
        return _stored(judge, plan, store)
    if provider is None:
        raise UsageError(
            f"against: {judge.against} is a version of a prompt, and the suite runs without a model"
        )
    return _called(judge.rival, model, provider)


def _called(prompt: Prompt, model: str, provider: Provider) -> OtherOutput:
    target = PromptTarget(prompt, provider, model)

    async def other(case: Case) -> Observation | None:
        clock = CLOCK.get()
        CLOCK.set(CaseClock())
        try:
            return await target(case, 0)
        finally:
            CLOCK.set(clock)

    return other


def _stored(judge: Pairwise, plan: SuitePlan, store: ResultsStore) -> OtherOutput:
    suite = plan.suite.name
    name = judge.against if judge.against != BASELINE else baseline_run(plan.tree, suite)
    record = store.run(name)
    outputs: dict[str, Observation] = {}
    for row in store.rows(record.run_id, suite):
        if row.replicate == 0:
            outputs.setdefault(row.case.id, Observation(row.observation.outcome, row.observation.output))
    if not outputs:
        raise UsageError(f"against: run {record.run_id} has no output of the suite {suite}")

    async def other(case: Case) -> Observation | None:
        return outputs.get(case.id)

    return other
