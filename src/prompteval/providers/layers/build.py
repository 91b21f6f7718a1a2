"""The layers in their one order."""

from collections.abc import Callable

from prompteval.core.protocols import Provider, ResponseCache
from prompteval.providers.layers.attempt import AttemptLayer, Journal
from prompteval.providers.layers.budget import Budget, BudgetLayer
from prompteval.providers.layers.cache import CacheLayer, InFlight
from prompteval.providers.layers.limit import CallPermits, LimitLayer
from prompteval.providers.layers.record import RecordLayer
from prompteval.providers.layers.refused_key import KeyRefusal, RefusedKeyLayer
from prompteval.providers.layers.retry import RetryLayer
from prompteval.providers.layers.window import WindowLayer
from prompteval.providers.prices import Price
from prompteval.providers.recording import Recorder
from prompteval.providers.size import Sizes


def build_layers(  # noqa: PLR0913 - one for each layer
    live: Provider,
    *,
    cache: ResponseCache | None = None,
    in_flight: InFlight | None = None,
    recorder: Recorder | None = None,
    max_attempts: int = 0,
    max_wait_s: float = 60.0,
    case_deadline_s: float = 300.0,
    on_wait: Callable[[int], None] | None = None,
    gate: CallPermits | None = None,
    group: str = "",
    journal: Journal | None = None,
    sizes: Sizes | None = None,
    budget: Budget | None = None,
    price: Price | None = None,
    window: int | None = None,
    counted: Sizes | None = None,
    key_refusal: KeyRefusal | None = None,
) -> Provider:
    """The layers around a live provider, in their one order; what is not asked for is absent.

    `sizes` is needed for the journal, for a gate that counts tokens and for a budget, which also
    needs a `price`. `in_flight` is shared by all layers over one `cache`. `window` is what a request may
    have with its reply, in the tokens that `counted` counts. `key_refusal`, one for all layers over a model,
    is for a run, which a refused key ends; an application may be given another key.
    """
    provider: Provider = live
    if sizes is not None:
        provider = AttemptLayer(provider, journal=journal, sizes=sizes)
    if key_refusal is not None:
        provider = RefusedKeyLayer(provider, key_refusal)
    if gate is not None:
        provider = LimitLayer(provider, gate, group=group, sizes=sizes)
    if max_attempts > 0:
        provider = RetryLayer(
            provider,
            max_attempts=max_attempts,
            max_wait_s=max_wait_s,
            case_deadline_s=case_deadline_s,
            on_wait=on_wait,
        )
    if budget is not None and price is not None and sizes is not None:
        provider = BudgetLayer(provider, budget, price, sizes)
    if window is not None and counted is not None:
        provider = WindowLayer(provider, window, counted)
    if cache is not None and getattr(live, "cacheable", True):
        provider = CacheLayer(provider, cache, in_flight)
    if recorder is not None:
        provider = RecordLayer(provider, recorder)
    return provider
