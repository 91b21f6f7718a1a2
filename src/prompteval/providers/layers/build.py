"""The layers in their one order."""

from collections.abc import Callable

from prompteval.core.protocols import Provider, ResponseCache
from prompteval.providers.layers.attempt import Attempted, Journal
from prompteval.providers.layers.budget import Budget, Budgeted
from prompteval.providers.layers.cache import Cached
from prompteval.providers.layers.limit import CallPermits, Limited
from prompteval.providers.layers.record import Recorded
from prompteval.providers.layers.retry import Retried
from prompteval.providers.prices import Price
from prompteval.providers.recording import Recorder
from prompteval.providers.size import Sizes


def build_layers(  # noqa: PLR0913 - one for each layer
    live: Provider,
    *,
    cache: ResponseCache | None = None,
    recorder: Recorder | None = None,
    max_attempts: int = 1,
    max_wait_s: float = 60.0,
    case_deadline_s: float = 300.0,
    on_wait: Callable[[int], None] | None = None,
    gate: CallPermits | None = None,
    group: str = "",
    journal: Journal | None = None,
    sizes: Sizes | None = None,
    budget: Budget | None = None,
    price: Price | None = None,
) -> Provider:
    """The layers around a live provider, in their one order; what is not asked for is absent.

    `sizes` is needed for the journal, for a gate that counts tokens and for a budget, which also
    needs a `price`.
    """
    provider: Provider = live
    if sizes is not None:
        provider = Attempted(provider, journal=journal, sizes=sizes)
    if gate is not None:
        provider = Limited(provider, gate, group=group, sizes=sizes)
    if max_attempts > 1:
        provider = Retried(
            provider,
            max_attempts=max_attempts,
            max_wait_s=max_wait_s,
            case_deadline_s=case_deadline_s,
            on_wait=on_wait,
        )
    if budget is not None and price is not None and sizes is not None:
        provider = Budgeted(provider, budget, price, sizes)
    if cache is not None and getattr(live, "cacheable", True):
        provider = Cached(provider, cache)
    if recorder is not None:
        provider = Recorded(provider, recorder)
    return provider
