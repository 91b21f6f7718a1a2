"""`--batch`: all requests of a run go out as files, and the cases are run over what comes back.

What is to be sent is written down before it goes, and the batch's id once the server has named it, so
that a run whose laptop was closed continues with the same batches: one whose id was not noted is found
by its metadata.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from prompteval.core.errors import DeadlineExceeded, ProviderError, RenderError, UsageError
from prompteval.core.protocols import Provider, ResponseCache
from prompteval.core.request import Request, Response
from prompteval.core.text import counted
from prompteval.engine.interruption import Stop
from prompteval.engine.progress import Progress
from prompteval.engine.targets.prompt import PromptTarget
from prompteval.judging.pairwise import Pairwise
from prompteval.plan.jobs import Job
from prompteval.plan.judges import judges_of
from prompteval.plan.targets.outputs import OutputsPlan
from prompteval.plan.targets.prompt import PromptPlan
from prompteval.providers.hosted.batches import batch_client
from prompteval.providers.hosted.provider import HostedProvider
from prompteval.providers.layers import Layer
from prompteval.providers.openai.batch import BatchClient, BatchState
from prompteval.store.cache import SqliteCache
from prompteval.store.pruning import delete_database
from prompteval.store.run_files import run_path
from prompteval.store.sent_batches import BatchFile, SentBatch, SentBatches
from prompteval.workspace.writing import replacing

FIRST_LOOK_SECONDS = 0.5
LONGEST_LOOK_SECONDS = 60.0
# The case ids and replicates of a job whose rows are stored.
Done = frozenset[tuple[str, int]]


class BatchDirectory:
    """What a run in batch mode keeps: the list of what was sent, and on disk the replies that came back."""

    def __init__(self, directory: Path, run_id: str, sent: SentBatches) -> None:
        self.run_id = run_id
        self._list = sent
        self.sent = sent.read()
        self.file, self._replies = _files(directory, run_id)
        self.replies = SqliteCache.open(self._replies)
        self.errors: dict[str, ProviderError] = {}

    def take(self, key: str, result: Response | ProviderError) -> None:
        """Keep the result of a request where its case finds it."""
        if isinstance(result, Response):
            self.replies.put(key, "{}", result)
        else:
            self.errors[key] = result

    def save(self) -> None:
        """Write down what was sent, in one step. Raises StoreError."""
        self._list.write(self.sent)

    def close(self, *, remove: bool) -> None:
        """Close; `remove` everything once the run is complete."""
        self.replies.close()
        self.file.unlink(missing_ok=True)
        if remove:
            self._list.remove()
            delete_database(self._replies)


def _files(directory: Path, run_id: str) -> tuple[Path, Path]:
    """What is being sent, and the replies. Raises StoreError for an id that cannot name a file."""
    return run_path(directory, run_id, "batch-", ".jsonl"), run_path(directory, run_id, "batch-", ".sqlite")


def delete_batches(directory: Path, run_id: str) -> None:
    """Remove what an incomplete run in batch mode, which no process runs, has left on this machine."""
    file, replies = _files(directory, run_id)
    file.unlink(missing_ok=True)
    delete_database(replies)
    BatchFile(run_id, directory).remove()


class BatchReplies(Layer):
    """A model whose replies came by batch: each is found by its request's key."""

    def __init__(self, inner: HostedProvider, directory: BatchDirectory) -> None:
        super().__init__(inner)
        self.live = inner
        self._directory = directory

    async def complete(self, request: Request) -> Response:
        found = self._directory.replies.get(request.key)
        if found is None:
            failure = self._directory.errors.get(request.key)
            raise failure or ProviderError("expired", "the batch ended before this request was done")
        return replace(found, served_by="live")


async def run_batches(
    directory: BatchDirectory,
    models: Sequence[tuple[str, HostedProvider, Iterator[Request]]],
    cache: ResponseCache | None,
    progress: Progress,
    stop: Stop,
) -> None:
    """Send what is missing, wait until every batch has ended, and collect what came.

    `models` are (reference, provider, its requests). Returns early when `stop` is set; the batches
    continue at the server, and a resumed run waits for them again.
    """
    clients = {name: batch_client(provider) for name, provider, _ in models}
    try:
        await _find(directory, clients)
        await _collect(directory, clients, progress, stop)  # what a run before this one had sent
        for name, _, wanted in models:
            if not stop.event.is_set():
                await _send(directory, name, wanted, clients[name], cache)
        await _collect(directory, clients, progress, stop)
    except ProviderError as error:
        stop.set(str(error))
    finally:
        for client in clients.values():
            await client.aclose()


async def _send(
    directory: BatchDirectory,
    name: str,
    requests: Iterator[Request],
    client: BatchClient,
    cache: ResponseCache | None,
) -> None:
    """Start batches for the requests that neither the cache nor an earlier batch answers."""
    wanted = _lines(directory, requests, client, cache)
    line = next(wanted, None)
    while line is not None:
        lines = size = 0
        with replacing(directory.file, within=directory.file.parent, private=True) as file:
            while line is not None and (not lines or size + len(line) <= client.most_bytes):
                size += file.write(line)
                lines += 1
                line = next(wanted, None)
                if lines >= client.most_lines:
                    break
        sent = SentBatch(name, "", lines, part=max((one.part for one in directory.sent), default=-1) + 1)
        directory.sent.append(sent)
        directory.save()
        sent.batch = await client.submit(directory.file, directory.run_id, sent.part)
        directory.save()


def _lines(
    directory: BatchDirectory, requests: Iterator[Request], client: BatchClient, cache: ResponseCache | None
) -> Iterator[bytes]:
    """The line of each request that is to be sent, each once; one that cannot be written is an error."""
    seen: set[str] = set()
    for request in requests:
        if request.key in seen or (cache is not None and cache.get(request.key) is not None):
            continue
        if directory.replies.get(request.key) is not None:
            continue
        seen.add(request.key)
        try:
            yield client.line(request)
        except ProviderError as error:
            directory.take(request.key, error)


async def _find(directory: BatchDirectory, clients: dict[str, BatchClient]) -> None:
    """Name the batches whose start was not seen to end; what the server does not have was never started."""
    unnamed = {sent.model for sent in directory.sent if not sent.batch}
    for name in sorted(unnamed):
        known = await _client(name, clients).started(directory.run_id)
        for sent in directory.sent:
            if sent.model == name and not sent.batch:
                sent.batch = known.get(sent.part, "")
    if unnamed:
        directory.sent = [sent for sent in directory.sent if sent.batch]
        directory.save()


def _client(model: str, clients: dict[str, BatchClient]) -> BatchClient:
    if model not in clients:
        raise UsageError(f"the run waits for a batch of {model}, which is no longer selected")
    return clients[model]


async def _collect(
    directory: BatchDirectory, clients: dict[str, BatchClient], progress: Progress, stop: Stop
) -> None:
    """Wait for every batch that was sent, looking less and less often, and store what came."""
    waiting = [sent for sent in directory.sent if not sent.collected]
    for sent in waiting:
        _client(sent.model, clients)
    pause, message = FIRST_LOOK_SECONDS, ""
    while waiting and not stop.event.is_set():
        for sent in list(waiting):
            state = await clients[sent.model].look(sent.batch)
            text = (
                f"batch {sent.batch}: {state.status}, {state.completed + state.failed} of {sent.lines} done"
            )
            if text != message:
                progress.note(text)
                message = text
            if state.ended:
                await _store(directory, sent, state, clients[sent.model], progress)
                waiting.remove(sent)
        if waiting:
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.event.wait(), pause)
            pause = min(pause * 2, LONGEST_LOOK_SECONDS)


async def _store(
    directory: BatchDirectory, sent: SentBatch, state: BatchState, client: BatchClient, progress: Progress
) -> None:
    """Put the replies of an ended batch where the cases find them."""
    for file_id in (state.output_file, state.error_file):
        if file_id is None:
            continue
        unread = await client.results(file_id, sent.lines, directory.take)
        if unread:
            lines = counted(unread, "line")
            progress.note(f"batch {sent.batch}: {lines} of its results cannot be read; skipped")
    if state.status == "failed":
        raise ProviderError("bad_request", f"batch {sent.batch} failed: {state.message or 'no reason given'}")
    directory.replies.flush()
    sent.collected = True
    directory.save()


def wanted_requests(jobs: Sequence[tuple[Job, Done]], provider: Provider) -> Iterator[Request]:
    """The requests of a model's jobs, and of the versions that their outputs are compared with.

    A case that cannot be rendered has none, and neither has one that is done.
    """
    for job, done in jobs:
        assert isinstance(job.target, PromptPlan)  # the others were refused
        rivals = [one.rival for one in judges_of(job.plan.scorers) if isinstance(one, Pairwise) and one.rival]
        targets = [PromptTarget(prompt, provider, job.model) for prompt in (job.target.prompt, *rivals)]
        for case, replicate in job.work():
            if (case.id, replicate) in done:
                continue
            for target in targets if replicate == 0 else targets[:1]:
                with suppress(RenderError, DeadlineExceeded):
                    yield target.request(case, replicate)


def refuse_unbatchable(jobs: Sequence[Job]) -> None:
    """Raise UsageError for a job whose calls cannot be known beforehand."""
    for job in jobs:
        if job.options.stop_early is not None:
            raise UsageError("--batch sends every call at once, and --stop-early waits", "leave one out")
        turns = f"--batch sends every call at once, and {job.title} has conversations"
        if job.plan.facts.most_turns:
            raise UsageError(turns, "leave it out, or run without")
        if isinstance(job.target, OutputsPlan) and judges_of(job.plan.scorers):
            continue
        if not isinstance(job.target, PromptPlan):
            message = f"--batch runs prompts and judges of recorded outputs, and {job.title} is neither"
            raise UsageError(message, "leave it out, or run without")
        if job.target.user is not None:
            raise UsageError(turns, "leave it out, or run without")
        if job.target.fakes is not None:
            message = f"--batch sends every call at once, and {job.title} asks again after each step"
            raise UsageError(message, "leave it out, or run without `tools:`")
