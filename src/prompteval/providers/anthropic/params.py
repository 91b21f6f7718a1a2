"""Which parameters the Messages API takes for a model, by its reference ("Create a Message")."""

from typing import Final

# What the API has no field for; it lost the first two with its version 2026-10-21.
NOT_THERE: Final = frozenset(
    {
        "temperature", "top_p", "frequency_penalty", "presence_penalty", "logprobs", "top_logprobs", "seed",
        "verbosity",
    }
)  # fmt: skip
EFFORTS: Final = ("low", "medium", "high", "xhigh", "max")
SERVICE_TIERS: Final = ("auto", "standard_only")


def param_fault(model: str, name: str, value: object) -> tuple[str, str] | None:
    """(what is wrong with a parameter for a model, what to do beside removing or dropping it)."""
    if name in NOT_THERE:
        return f"Anthropic's Messages API has no {name!r}", ""
    if name == "reasoning_effort" and value not in EFFORTS:
        return f"reasoning_effort is {value!r}, not one of {', '.join(EFFORTS)}", ""
    if name == "service_tier" and value not in SERVICE_TIERS:
        return f"service_tier is {value!r}, not one of {', '.join(SERVICE_TIERS)}", ""
    return None
