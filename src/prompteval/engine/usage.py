"""What a run used, added up row by row."""

from dataclasses import dataclass, field
from typing import Any

from prompteval.core.observation import Row

_TOKENS = ("prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens")


@dataclass(slots=True)
class UsageTotals:
    """Calls and tokens of one entry. Tokens count live calls only: a cached reply cost nothing."""

    requests: int = 0
    attempts: int = 0
    cached: int = 0
    replayed: int = 0
    tokens: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_TOKENS, 0))
    other_models: set[str] = field(default_factory=set)

    def add(self, row: Row) -> None:
        """Count one row's calls."""
        failure = row.observation.failure
        if failure is not None and failure.stage == "call" and not row.observation.calls:
            self.requests += 1
            self.attempts += 1
        for call in row.observation.calls:
            self.requests += 1
            if call.served_by == "cache":
                self.cached += 1
            elif call.served_by == "replay":
                self.replayed += 1
            else:
                self.attempts += call.attempts
                for name in _TOKENS:
                    self.tokens[name] += getattr(call.usage, name, None) or 0
            asked = call.model.partition("/")[2] or call.model
            reported = call.model_reported
            if reported and reported not in (call.model, asked) and not reported.startswith(asked + "-"):
                self.other_models.add(reported)

    def as_json(self) -> dict[str, Any]:
        """The `usage` of a result; the cost is null while prices are not known."""
        counts = {"requests": self.requests, "attempts": self.attempts}
        served = {"cached": self.cached, "replayed": self.replayed}
        return {**counts, **served, **self.tokens, "cost_usd": None}
