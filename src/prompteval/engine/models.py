"""The models of a run: each opened once, with its own limits, price and layers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from prompteval.analysis.usage import UsageTotals
from prompteval.core.errors import MissingExtra, ProviderError, UsageError
from prompteval.core.protocols import BatchProvider, Embedder, Provider, ResponseCache
from prompteval.core.request import Request, Response
from prompteval.engine.batch_mode import BatchDirectory, BatchReplies, Done, wanted_requests
from prompteval.engine.batching import BatchingProvider
from prompteval.engine.limits import Limiter
from prompteval.engine.progress import Progress
from prompteval.plan.jobs import Job
from prompteval.plan.judges import judges_of
from prompteval.plan.run_options import RunOptions
from prompteval.plan.targets.resolve import user_of
from prompteval.providers.hosted.batches import has_batches
from prompteval.providers.hosted.provider import HostedProvider
from prompteval.providers.installed import OTHER_WAYS
from prompteval.providers.layers import Budget, InFlight, Journal, KeyRefusal, Layer, build_layers
from prompteval.providers.open import check_reference, open_provider
from prompteval.providers.prices import OWN_KINDS, Price, find_price
from prompteval.providers.recording import Recorder
from prompteval.providers.size import Sizes, page_tokens
from prompteval.tokens import counter
from prompteval.workspace.settings import ModelProfile, Workspace
from prompteval.workspace.text import decode

# Shorter pauses pass before anybody has read of them.
NOTED_PAUSE_SECONDS = 3.0


class SharedLimits(Protocol):
    """The limits that a run has in common with others, in place of its own, and the id that they gave it."""

    @property
    def run_id(self) -> str: ...

    @property
    def budget(self) -> Budget | None: ...

    def limiter(
        self, reference: str, profile: ModelProfile, concurrency: int, on_pause: Callable[[float], None]
    ) -> Limiter:
        """The gate before a model."""
        ...


class SharedProvider(Layer):
    """A provider that several jobs share: closing it leaves it open for the others."""

    def __init__(self, inner: Provider, cacheable: bool) -> None:
        super().__init__(inner)
        self.inner = inner
        self.cacheable = cacheable
        self.complete = inner.complete  # nothing is added, so nothing is wrapped

    async def aclose(self) -> None:
        """Left open; the run closes it at its end."""


@dataclass(frozen=True, slots=True)
class Model:
    """An open model. `remote` calls are limited, journaled and paid for.

    `asked` is the name that the server is asked for, where a profile gives one.
    """

    reference: str
    asked: str | None
    provider: SharedProvider
    concurrency: int
    remote: bool
    price: Price | None
    sizes: Sizes
    limiter: Limiter | None
    key_refusal: KeyRefusal = field(default_factory=KeyRefusal)


class Models:
    """Opens models on demand; `aclose` closes them all."""

    def __init__(  # noqa: PLR0913 - each is one file or limit of a run
        self,
        workspace: Workspace,
        options: RunOptions,
        *,
        cache: ResponseCache | None,
        recorder: Recorder | None,
        journal: Journal | None,
        progress: Progress | None = None,
        batches: BatchDirectory | None = None,
        shared: SharedLimits | None = None,
    ) -> None:
        self._shared = shared
        self._progress = progress or Progress()
        self._batches = batches
        self._workspace = workspace
        self._options = options
        self._cache = cache
        self._recorder = recorder
        self._journal = journal
        self._open: dict[str, Model] = {}
        self._in_flight: InFlight = {}
        self.budget = None if options.max_cost is None else Budget(options.max_cost)
        if shared is not None:
            self.budget = shared.budget

    def prepare(self, jobs: Sequence[Job]) -> None:
        """Open every model that is needed.

        Raises UsageError for a key that is not set, and under --max-cost for a price that is not
        known: all before the first call.
        """
        for job in jobs:
            user = user_of(job.target)
            own = [job.model] if job.target.own_model is None else []
            judges = [one.loaded.model for one in judges_of(job.plan.scorers) if one.loaded is not None]
            for reference in (*own, *([user.model] if user is not None else []), *judges):
                model = self.open(reference)
                if self.budget is not None and model.price is None:
                    help = f"set price = {{ input = ..., output = ... }} in a profile of {reference}"
                    raise UsageError(f"--max-cost: the price of {reference} is not known", help)

    def open(self, reference: str, *, ready: bool = True) -> Model:
        """The model, opened at the first call; `ready` asks for its key too."""
        if reference not in self._open:
            self._open[reference] = self._make(reference, ready)
        return self._open[reference]

    def totals(self, reference: str, *, named: bool = False) -> UsageTotals:
        """What counts the calls of a model, which need not be opened for it; `named` with its reference."""
        asked = self._profile(reference).model or None
        return UsageTotals(price=self._price(reference), asked=asked, model=reference if named else "")

    def _price(self, reference: str) -> Price | None:
        price = find_price(reference, self._workspace)
        return price.batched() if price is not None and self._options.batch else price

    def layered(self, reference: str, group: str, on_wait: Callable[[int], None]) -> tuple[Provider, int]:
        """A model with its layers, and how many cases of it run at a time; `group` is the suite."""
        model = self.open(reference)
        profile, own = self._profile(reference), model.provider
        provider = build_layers(
            own,
            cache=self._cache if own.cacheable else None,
            in_flight=self._in_flight,
            recorder=self._recorder,
            max_attempts=profile.max_attempts,
            max_wait_s=self._options.max_wait,
            case_deadline_s=profile.case_deadline_s,
            on_wait=on_wait,
            gate=model.limiter,
            group=group,
            journal=self._journal,
            sizes=model.sizes if model.remote else None,
            budget=self.budget if model.remote else None,
            price=model.price,
            window=profile.context_window if self._options.replay is None else None,
            counted=model.sizes,
            key_refusal=model.key_refusal,
        )
        return provider, model.concurrency

    def deadline_s(self, reference: str) -> float:
        """The time that a case may take, by the profile of its model."""
        return self._profile(reference).case_deadline_s

    def batched(
        self, jobs: Sequence[tuple[Job, Done]]
    ) -> list[tuple[str, HostedProvider, Iterator[Request]]]:
        """(reference, provider, requests) of every model whose calls go by batch."""
        return [
            (reference, live, wanted_requests([one for one in jobs if one[0].model == reference], provider))
            for reference, live, provider in self._by_batch()
        ]

    def batched_with(
        self, requests: Mapping[str, Sequence[Request]]
    ) -> list[tuple[str, HostedProvider, Iterator[Request]]]:
        """The same with requests that are known already."""
        return [
            (reference, live, iter(requests.get(reference, ()))) for reference, live, _ in self._by_batch()
        ]

    def _by_batch(self) -> Iterator[tuple[str, HostedProvider, Provider]]:
        for reference, model in self._open.items():
            if isinstance(model.provider.inner, BatchReplies):
                yield reference, model.provider.inner.live, model.provider

    async def aclose(self) -> None:
        """Close every model, also where closing another fails."""
        for model in self._open.values():
            with suppress(ProviderError):
                await model.provider.inner.aclose()
        self._open.clear()

    def _profile(self, reference: str) -> ModelProfile:
        return self._workspace.settings.models.get(reference) or ModelProfile(reference)

    def _make(self, reference: str, ready: bool) -> Model:
        profile = self._profile(reference)
        kind = (
            "replay" if self._options.replay is not None else check_reference(reference, self._workspace)[0]
        )
        live, remote = self._provider(reference), kind not in OWN_KINDS
        if remote and self._options.offline:
            live = OfflineProvider(live)
        elif ready:
            refuse_unready(live)
        if remote and self._batches is not None:
            live = _collected(reference, live, self._batches)
        concurrency = profile.max_concurrency or self._options.concurrency
        limiter = self._limiter(reference, profile, concurrency) if remote else None
        if limiter is not None and hasattr(live, "on_limits"):
            live.on_limits = limiter.observe
        batch = live.max_batch if isinstance(live, BatchProvider) else 1
        return Model(
            reference=reference,
            asked=profile.model or None,
            provider=SharedProvider(
                BatchingProvider(live) if isinstance(live, BatchProvider) else live,
                getattr(live, "cacheable", True),
            ),
            concurrency=max(concurrency, batch),
            remote=remote,
            price=self._price(reference),
            sizes=Sizes(counter(profile.model or reference), page_tokens(kind)),
            limiter=limiter,
        )

    def _limiter(self, reference: str, profile: ModelProfile, concurrency: int) -> Limiter:
        def note_pause(seconds: float) -> None:
            if seconds >= NOTED_PAUSE_SECONDS:
                self._progress.note(f"{reference} asks for a pause of {seconds:.0f} s")

        if self._shared is not None:
            return self._shared.limiter(reference, profile, concurrency, note_pause)
        return Limiter(concurrency=concurrency, rpm=profile.rpm, tpm=profile.tpm, on_pause=note_pause)

    def _provider(self, reference: str) -> Provider:
        if self._options.replay is not None:
            from prompteval.providers.replay import from_text

            path = str(self._options.replay)
            try:
                data = self._options.replay.read_bytes()
            except OSError as error:
                raise UsageError(f"{path}: {error.strerror}") from None
            return from_text(decode(data, path), path)
        try:
            return open_provider(reference, self._workspace)
        except MissingExtra as error:
            raise MissingExtra(error.feature, error.extra, OTHER_WAYS) from None


class OfflineProvider(Layer):
    """What is left of a model behind a network when none may be used: its identity, for the cache."""

    async def complete(self, request: Request) -> Response:
        message = f"{request.model} is not called offline, and the cache has no reply to this request"
        raise ProviderError("offline", message)


def _collected(reference: str, live: Provider, directory: BatchDirectory) -> Provider:
    if not (isinstance(live, HostedProvider) and has_batches(live)):
        raise UsageError(f"--batch: {reference} has no Batch API", "leave it out, or run without --batch")
    if live.shape.api == "decisions":
        raise UsageError(
            f"--batch: {reference} is asked by the Decisions API, which takes no batches",
            "run without --batch",
        )
    return BatchReplies(live, directory)


def refuse_unready(provider: Provider | Embedder) -> None:
    """Raise UsageError when a model lacks what it needs before any call."""
    ready = getattr(provider, "check_ready", None)
    if ready is not None:
        try:
            ready()
        except ProviderError as error:
            raise UsageError(str(error), "set it, or run with --model local/use") from None
