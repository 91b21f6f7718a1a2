"""The range of every number that a suite, the settings or an argument may set, in one table.

Upper limits are far above what anyone means and below what a machine can hold: a slip of a finger
is refused with the range, before anything is allocated, called or paid.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`, both included; `whole` for numbers without a fraction."""

    low: float
    high: float
    whole: bool = True

    def __str__(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} from {_written(self.low)} to {_written(self.high)}"

    def holds(self, value: object) -> bool:
        """Whether a value is a number of this kind inside the range. True, NaN and texts are not."""
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            return False
        return self.low <= value <= self.high

    def schema(self) -> dict[str, Any]:
        """The same as JSON Schema."""
        return {"type": "integer" if self.whole else "number", "minimum": self.low, "maximum": self.high}

    def fault(self, name: str, value: object) -> str:
        """What is wrong with a value, as a sentence with the range; empty when nothing is."""
        return "" if self.holds(value) else f"{name} must be {self}, not {shown(value)}"


def shown(value: object) -> str:
    """A value as a message quotes it: null, true and false as files write them, a million digits in short."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and value.bit_length() > 200:
        return f"a number of about {int(value.bit_length() * math.log10(2)):,} digits"
    return f"{value!r:.60}"


def _written(value: float) -> str:
    return f"{int(value):,}" if float(value).is_integer() else f"{value:g}"


DAY_SECONDS = 86_400
RANGES: Mapping[str, Range] = {
    # Of a suite and of a run
    "repeat": Range(1, 10_000),
    "tolerance": Range(0, 1e12, whole=False),
    "allow_unscored": Range(0, 1, whole=False),
    "concurrency": Range(1, 10_000),
    "limit": Range(1, 1_000_000_000),
    "sample": Range(1, 1_000_000_000),
    "shards": Range(1, 10_000),
    "seed": Range(0, 2**63 - 1),
    "samples": Range(1, 100),
    "criterion_weight": Range(0.001, 1_000_000, whole=False),
    "kappa": Range(-1, 1, whole=False),
    "epsilon": Range(0, 1, whole=False),
    "max_steps": Range(1, 1_000),
    "max_turns": Range(1, 1_000),
    "turn": Range(1, 1_000),
    "worst": Range(1, 1_000_000),
    "max_cost": Range(0, 1_000_000_000, whole=False),
    "max_wait": Range(0, 7 * DAY_SECONDS, whole=False),
    # Of a comparison and a gate
    "min_effect": Range(0, 1e12, whole=False),
    "margin": Range(0, 1e12, whole=False),
    "alpha": Range(1e-6, 0.5, whole=False),
    # Of retrieval
    "k": Range(1, 100_000),
    "depth": Range(1, 1_000_000),
    "context_tokens": Range(1, 100_000_000),
    "size": Range(1, 10_000_000),
    "overlap": Range(0, 10_000_000),
    "k1": Range(0, 1_000, whole=False),
    "b": Range(0, 1, whole=False),
    "weight": Range(0, 1_000_000, whole=False),
    "grade": Range(-1_000, 1_000),
    "place": Range(0, 1_000_000_000),
    # Of a model's profile
    "rpm": Range(1, 1_000_000_000),
    "tpm": Range(1, 1_000_000_000_000),
    "max_concurrency": Range(1, 10_000),
    "max_attempts": Range(1, 100),
    "timeout_s": Range(0.001, DAY_SECONDS, whole=False),
    "case_deadline_s": Range(0.001, 7 * DAY_SECONDS, whole=False),
    "context_window": Range(1, 1_000_000_000),
    "price": Range(0, 1_000_000, whole=False),
    # Of a recorded output
    "latency_ms": Range(0, 1e12, whole=False),
    "confidence": Range(0, 1, whole=False),
    "share": Range(0, 1, whole=False),
    "logprob": Range(-1_000_000, 1, whole=False),  # rounding may lift a certain token above 0
    "tokens": Range(0, 100_000_000),
    "step": Range(0, 1_000_000),
    "replicate": Range(0, 9_999),
    "score": Range(-1e12, 1e12, whole=False),
    "delay_ms": Range(0, 1000 * DAY_SECONDS, whole=False),
    # Of a service
    "port": Range(0, 65_535),
    "workers": Range(1, 256),
    "max_body": Range(1, 100_000_000),
    "keep_s": Range(60, 36_500 * DAY_SECONDS, whole=False),
    # Of what is stored
    "runs": Range(1, 1_000_000_000),
    "keep": Range(0, 1_000_000_000),
    "older_than": Range(0, 36_500, whole=False),
    # Of what is monitored
    "shift": Range(0.001, 1, whole=False),
    "psi": Range(0.001, 100, whole=False),
    "auroc": Range(0.5, 1, whole=False),
    "limit_ms": Range(0, 1e12, whole=False),
    "slo": Range(0.5, 0.999_999, whole=False),
    "error_rate": Range(0, 0.999_999, whole=False),
    "every_s": Range(1, 7 * DAY_SECONDS, whole=False),
    "false_alarm_days": Range(0.01, 36_500, whole=False),
    "clear_after": Range(1, 1_000),
    "last_rows": Range(1, 1_000_000_000),
}
