"""Judges asked about outputs of a stored run, outside of a run: for attacks and comparisons."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from prompteval.core.case import Case
from prompteval.core.errors import ProviderError, UsageError
from prompteval.core.observation import Observation, Score
from prompteval.core.protocols import Provider
from prompteval.engine.files import opened
from prompteval.engine.judges import AskingJudge
from prompteval.engine.models import Models
from prompteval.engine.other_outputs import open_other
from prompteval.engine.runner import RetryWaits
from prompteval.engine.stored_files import with_files
from prompteval.judging.ask import Ask
from prompteval.judging.faithfulness import Faithfulness
from prompteval.judging.pairwise import Pairwise
from prompteval.judging.pointwise import Judge
from prompteval.plan.judges import AnyJudge
from prompteval.plan.run_options import RunOptions
from prompteval.plan.suite_plan import SuitePlan
from prompteval.store.protocol import ResultsStore
from prompteval.workspace.settings import Workspace

Item = tuple[Case, Observation]
# What is asked about the output of a case and that of the other side: the questions, or a score without any.
PairAsks = Callable[[Observation], Sequence[Ask] | Score]


def ask_judge(
    workspace: Workspace,
    judge: Judge | Faithfulness,
    suite_path: str,
    items: Sequence[Item],
    options: RunOptions,
) -> list[Score]:
    """The judge's score of each output, in order; replies come from the cache where it has them.

    Files of the cases are those of the suite now. Raises UsageError for a model that cannot be opened and for
    a file that is gone, ProviderError where the judge could not be asked.
    """

    cases = with_files(workspace, suite_path, [case for case, _ in items])

    def work(asking: AskingJudge, models: Models) -> list[Awaitable[Score]]:
        return [asking.score(case, seen) for case, (_, seen) in zip(cases, items, strict=True)]

    with opened(workspace, options) as files:
        models = Models(workspace, options, cache=files.cache, recorder=files.recorder, journal=None)
        return asyncio.run(_ask(models, judge, work))


def ask_pairs(
    workspace: Workspace,
    judge: Pairwise,
    plan: SuitePlan,
    items: Sequence[tuple[Case, str, PairAsks]],
    store: ResultsStore,
    options: RunOptions,
) -> list[Score]:
    """The preference for each (case, model of its output, what is asked), in order.

    The other side is called, or read from the store. Raises as `ask_judge`, and as `open_other`.
    """

    def work(asking: AskingJudge, models: Models) -> list[Awaitable[Score]]:
        def own(model: str) -> Provider | None:
            return None if judge.rival is None else models.layered(model, judge.name, RetryWaits())[0]

        others = {
            model: open_other(judge, plan, model, own(model), store)
            for model in {model for _, model, _ in items}
        }

        async def one(case: Case, model: str, asks: PairAsks) -> Score:
            other = await others[model](case)
            if other is None or other.outcome != "ok":
                return Score(judge.name, None, status="skipped", reason="the other side has no output")
            score, _ = await asking.ask(case, other, asks(other))
            return score

        cases = with_files(workspace, plan.suite.path, [case for case, _, _ in items])
        return [one(case, model, asks) for case, (_, model, asks) in zip(cases, items, strict=True)]

    with opened(workspace, options) as files:
        models = Models(workspace, options, cache=files.cache, recorder=files.recorder, journal=None)
        return asyncio.run(_ask(models, judge, work))


async def _ask(
    models: Models, judge: AnyJudge, work: Callable[[AskingJudge, Models], list[Awaitable[Score]]]
) -> list[Score]:
    if judge.loaded is None:
        raise UsageError(f"the judge {judge.name} has no prompt")
    stopped: list[str] = []
    try:
        provider, concurrency = models.layered(judge.loaded.model, judge.name, RetryWaits())
        asking = AskingJudge(judge, judge.loaded, provider, stopped.append)
        places = asyncio.Semaphore(concurrency)

        async def in_turn(one: Awaitable[Score]) -> Score:
            async with places:
                return await one

        scores = list(await asyncio.gather(*(in_turn(one) for one in work(asking, models))))
    finally:
        await models.aclose()
    if stopped:
        raise ProviderError("budget", stopped[0])
    return scores
