"""What can go wrong with an answer: chosen one by one, or by chance with a seed."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "answer", "status", "hang", "reset", "cut", "html", "bad_json", "error_body", "null_choices",
    "no_choices", "null_content", "tool_calls", "refusal", "length", "filter", "no_usage", "silly_usage",
    "other_model", "drip", "redirect", "late",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong with one answer.

    `status`, `code` and `headers` belong to kind `status`, `location` to `redirect`, and `seconds`
    to `late`, which answers only after so long.
    """

    kind: Kind
    status: int = 500
    code: str = "server_error"
    headers: Mapping[str, str] = field(default_factory=dict)
    location: str = ""
    seconds: float = 0.0


RATE_LIMITED = Fault("status", 429, "rate_limit_exceeded")


@dataclass(frozen=True, slots=True)
class FaultRates:
    """Faults by chance: pairs of a fault and its probability, drawn with a seed, one draw a request."""

    rates: tuple[tuple[Fault, float], ...]
    seed: int = 0

    def draws(self) -> "Draws":
        return Draws(self)


class Draws:
    """The draws of one server."""

    def __init__(self, rates: FaultRates) -> None:
        self._rates = rates.rates
        self._random = random.Random(rates.seed)

    def next(self) -> Fault | None:
        drawn = self._random.random()
        for fault, rate in self._rates:
            drawn -= rate
            if drawn < 0:
                return fault
        return None
