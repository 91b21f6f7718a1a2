"""`--batch` for judges: once the replies of a run are here, what its judges are asked goes out, too."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from prompteval.core.errors import DeadlineExceeded, ProviderError, RenderError
from prompteval.core.protocols import Provider, ResponseCache
from prompteval.core.request import Request, Response
from prompteval.engine.batch_mode import BatchDirectory, BatchReplies
from prompteval.engine.judges import AskingJudge, OtherOutput, with_models
from prompteval.engine.models import Models
from prompteval.engine.other_outputs import open_other
from prompteval.engine.runner import RetryWaits
from prompteval.engine.targets.open import open_target
from prompteval.judging.pairwise import Pairwise
from prompteval.plan.jobs import Job
from prompteval.plan.judges import judges_of
from prompteval.providers.layers import Layer
from prompteval.store.protocol import ResultsStore

ModelRequests = dict[str, list[Request]]


class KnownReplies(Layer):
    """A model that answers what a batch or the cache has answered, and nothing else; nothing is counted."""

    def __init__(self, inner: Provider, directory: BatchDirectory, cache: ResponseCache | None) -> None:
        super().__init__(inner)
        self._directory, self._cache = directory, cache

    async def complete(self, request: Request) -> Response:
        found = self._directory.replies.get(request.key)
        if found is None and self._cache is not None:
            found = self._cache.get(request.key)
        if found is None:
            raise ProviderError("expired", "the batch ended before this request was done")
        return found


async def judge_requests(
    job: Job,
    done: frozenset[tuple[str, int]],
    models: Models,
    directory: BatchDirectory,
    cache: ResponseCache | None,
    store: ResultsStore,
) -> ModelRequests:
    """By model, what the judges of a job are asked about its outputs, which a batch has brought already.

    Cases that are `done` are left out, and so are outputs that did not come.
    """
    own = _known(job, models, directory, cache)

    def other(judge: Pairwise) -> OtherOutput:
        return open_other(judge, job.plan, job.model, own, store)

    def opened(reference: str) -> Provider:
        return models.open(reference).provider

    scorers = with_models(
        judges_of(job.plan.scorers), judges_of(job.plan.scorers), opened, lambda _: None, other
    )
    judges = [scorer for scorer in scorers if isinstance(scorer, AskingJudge)]
    target = open_target(job.target, job.model, own)
    found: ModelRequests = {}
    for case, replicate in job.work():
        if (case.id, replicate) in done:
            continue
        observation = await target(case, replicate)
        for judge in judges:
            with suppress(RenderError, DeadlineExceeded):
                found.setdefault(judge.model, []).extend(await judge.requests(case, observation))
    return found


def _known(
    job: Job, models: Models, directory: BatchDirectory, cache: ResponseCache | None
) -> Provider | None:
    """The job's model as far as it has answered; one that goes by no batch itself answers again."""
    if job.target.own_model is not None:
        return None
    model = models.open(job.model)
    if isinstance(model.provider.inner, BatchReplies):
        return KnownReplies(model.provider, directory, cache)
    return models.layered(job.model, job.plan.suite.name, RetryWaits())[0]


def has_judges(jobs: Sequence[Job]) -> bool:
    """Whether a second batch is to be sent."""
    return any(judges_of(job.plan.scorers) for job in jobs)


def joined(parts: Sequence[ModelRequests]) -> Iterator[tuple[str, list[Request]]]:
    """By model, the requests of all jobs."""
    for reference in sorted({reference for part in parts for reference in part}):
        yield reference, [request for part in parts for request in part.get(reference, ())]
