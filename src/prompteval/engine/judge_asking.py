"""Judges asked about outputs of a stored run, outside of a run: for attacks and comparisons."""

import asyncio
from collections.abc import Sequence

from prompteval.core.case import Case
from prompteval.core.errors import ProviderError, UsageError
from prompteval.core.observation import Observation, Score
from prompteval.engine.files import opened
from prompteval.engine.judges import AskingJudge
from prompteval.engine.models import Models
from prompteval.engine.runner import RetryWaits
from prompteval.judging.faithfulness import Faithfulness
from prompteval.judging.pointwise import Judge
from prompteval.plan.run_options import RunOptions
from prompteval.workspace.settings import Workspace

Item = tuple[Case, Observation]


def ask_judge(
    workspace: Workspace, judge: Judge | Faithfulness, items: Sequence[Item], options: RunOptions
) -> list[Score]:
    """The judge's score of each output, in order; replies come from the cache where it has them.

    Raises UsageError for a model that cannot be opened, ProviderError where the judge could not be asked.
    """
    with opened(workspace, options) as files:
        models = Models(workspace, options, cache=files.cache, recorder=files.recorder, journal=None)
        return asyncio.run(_ask(models, judge, items))


async def _ask(models: Models, judge: Judge | Faithfulness, items: Sequence[Item]) -> list[Score]:
    if judge.loaded is None:
        raise UsageError(f"the judge {judge.name} has no prompt")
    stopped: list[str] = []
    try:
        provider, concurrency = models.layered(judge.loaded.model, judge.name, RetryWaits())
        asking = AskingJudge(judge, judge.loaded, provider, stopped.append)
        places = asyncio.Semaphore(concurrency)

        async def one(item: Item) -> Score:
            async with places:
                return await asking.score(*item)

        scores = list(await asyncio.gather(*(one(item) for item in items)))
    finally:
        await models.aclose()
    if stopped:
        raise ProviderError("budget", stopped[0])
    return scores
