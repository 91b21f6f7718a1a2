"""What a call costs: the user's own price, else the genai-prices table, else not known."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prompteval.core.request import Usage
from prompteval.providers.open import check_reference, url_of
from prompteval.workspace.settings import Workspace
from prompteval.workspace.urls import host_of

MILLION = 1_000_000
OWN_PRICE = "profile"
# These answer on this machine or from a file; their calls cost nothing.
OWN_KINDS = frozenset({"local", "gguf", "scripted", "replay"})


@dataclass(frozen=True, slots=True)
class Rates:
    """USD per million tokens, for calls whose prompt has more than `above` tokens."""

    input: float
    cached_input: float
    output: float
    above: int = 0


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs.

    `tiers` are in order of `above`; the last that a prompt passes holds for all of its tokens.
    `source` says where the price is from: `profile`, `genai-prices 0.2.3`, `own machine`.
    """

    tiers: tuple[Rates, ...]
    source: str

    def batched(self) -> "Price":
        """The price in batch mode: half of a list price (openai.com/api/pricing); an own one as it is."""
        if self.source == OWN_PRICE:
            return self
        halves = tuple(
            Rates(tier.input / 2, tier.cached_input / 2, tier.output / 2, tier.above) for tier in self.tiers
        )
        return Price(halves, f"{self.source}, half of it for batches")

    def of(self, prompt_tokens: int, completion_tokens: int, cached_tokens: int = 0) -> float:
        """USD of one call. `cached_tokens` are a part of the prompt's."""
        rates = self.tiers[0]
        for tier in self.tiers[1:]:
            if prompt_tokens > tier.above:
                rates = tier
        fresh = max(prompt_tokens - cached_tokens, 0)
        used = fresh * rates.input + min(cached_tokens, prompt_tokens) * rates.cached_input
        return (used + completion_tokens * rates.output) / MILLION

    def of_usage(self, usage: Usage) -> float | None:
        """USD of what a call used; None when its tokens are not known."""
        if usage.prompt_tokens is None or usage.completion_tokens is None:
            return None
        return self.of(usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens or 0)


FREE = Price((Rates(0.0, 0.0, 0.0),), "own machine")


def find_price(reference: str, workspace: Workspace) -> Price | None:
    """The price of a model reference; None when it is not known, which is never taken to be 0.

    A profile's own `price` comes first. A server in a private network or on this machine has no
    list price, regardless of its models' names.
    """
    kind, model, profile = check_reference(reference, workspace)
    if profile is not None and profile.price is not None:
        return own_price(profile.price)
    if kind in OWN_KINDS:
        return FREE
    url = url_of(kind, profile)
    return None if not url or _is_private(url) else _listed(model, url)


def own_price(table: Mapping[str, float]) -> Price:
    """A profile's `price`: `input` and `output`, and `cached_input` (as `input` where absent)."""
    rates = Rates(table["input"], table.get("cached_input", table["input"]), table["output"])
    return Price((rates,), OWN_PRICE)


def _is_private(url: str) -> bool:
    host = host_of(url)
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".localhost"))


def _listed(model: str, url: str) -> Price | None:
    """The price in genai-prices' table, which is part of its package: nothing is fetched."""
    from importlib.metadata import version

    import genai_prices

    usage = genai_prices.Usage(input_tokens=1, output_tokens=1)
    try:
        found: object = genai_prices.calc_price(usage, model_ref=model, provider_api_url=url).model_price
    except LookupError:
        return None
    prompt, output = getattr(found, "input_mtok", None), getattr(found, "output_mtok", None)
    if prompt is None or output is None:
        return None
    cached = getattr(found, "cache_read_mtok", None) or prompt
    starts = sorted({0, *(tier.start for rate in (prompt, cached, output) for tier in _tiers(rate))})
    tiers = tuple(
        Rates(_at(prompt, start), _at(cached, start), _at(output, start), above=start) for start in starts
    )
    return Price(tiers, f"genai-prices {version('genai-prices')}")


def _tiers(rate: object) -> Any:
    return getattr(rate, "tiers", ())


def _at(rate: Any, start: int) -> float:
    """A rate for prompts past `start` tokens."""
    value = getattr(rate, "base", rate)
    for tier in _tiers(rate):
        if tier.start <= start:
            value = tier.price
    return float(value)
