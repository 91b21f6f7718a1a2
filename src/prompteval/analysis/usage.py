"""What a run used, added up row by row."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from prompteval.core.observation import Call, Row, Score
from prompteval.core.request import Usage
from prompteval.providers.prices import FREE, Price

PICO = 10**12
_TOKENS = ("prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens")


@dataclass(slots=True)
class UsageTotals:
    """Calls, tokens and money of one entry. They count live calls only: a cached reply cost nothing.

    `possibly_billed` counts the attempts that gave no reply and may be charged for all the same.
    `price` None makes the cost None as soon as there was a live call. What such attempts may cost
    is taken to be what the reply to the same request cost, and None where there was no reply.
    `asked` is the name that the server is asked for, where a profile gives one. `user` counts the calls of
    the model that plays the user of a conversation, `judges` those of each scorer that asks a model, by its
    name; neither are among the entry's own.

    What a team's own system reports of a case (`usage` and `cost_usd` of a result) counts as it is, recorded
    or not, and the calls of that case are not priced. Where only some cases report one, the cost is None.
    """

    price: Price | None = None
    asked: str | None = None
    model: str = ""

    requests: int = 0
    attempts: int = 0
    cached: int = 0
    replayed: int = 0
    possibly_billed: int = 0
    estimated: bool = False
    # In millionths of a millionth, so that the sum does not depend on the order of the rows.
    pico_usd: int | None = 0
    pico_possible: int | None = 0
    tokens: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_TOKENS, 0))
    other_models: set[str] = field(default_factory=set)
    user: "UsageTotals | None" = None
    judges: "dict[str, UsageTotals]" = field(default_factory=dict)
    pico_reported: int = 0
    reported_rows: int = 0
    rows: int = 0

    def add(self, row: Row) -> None:
        """Count one row's calls."""
        seen = row.observation
        if self.user is not None:
            self.user.count(seen.user_calls)
        for score in row.scores:
            if score.calls and score.name in self.judges:
                self._count_judge(score)
        failure = seen.failure
        if failure is not None and failure.stage == "call" and not seen.calls and not seen.user_calls:
            self.requests += 1
            self.attempts += 1
        cost = seen.reported_cost_usd
        self.rows += 1
        if cost is not None:
            self.reported_rows += 1
            self.pico_reported += round(cost * PICO)
        self.count(seen.calls, priced=cost is None)

    def _count_judge(self, score: Score) -> None:
        """A judge's calls, and apart from them those that brought what it compares outputs with."""
        judge, other = self.judges[score.name], self.judges.get(f"{score.name}: outputs")
        if other is None:
            judge.count(score.calls)
            return
        judge.count([call for call in score.calls if call.model == judge.model])
        other.count([call for call in score.calls if call.model != judge.model])

    def count(self, calls: Sequence[Call], *, priced: bool = True) -> None:
        """Count calls of this entry's model; `priced` False where their cost is reported."""
        for call in calls:
            self.requests += 1
            if call.served_by == "cache":
                self.cached += 1
            elif call.served_by == "replay":
                self.replayed += 1
                if not call.key:  # no request of ours: what a recorded output says that it took
                    self._add_tokens(call.usage)
            else:
                self._add_live(call, priced=priced)
            asked = self.asked or call.model.partition("/")[2] or call.model
            reported = call.model_reported
            if reported and reported not in (call.model, asked) and not reported.startswith(asked + "-"):
                self.other_models.add(reported)

    def priced(self, row: Row) -> Row:
        """The row with what its calls cost by the price, a reply from the cache as if it were asked again.

        As it was where the price or the tokens of a call are not known.
        """
        price, seen = self.price, row.observation
        if price is None or not seen.calls:
            return row
        costs = [self._cost(price, call) for call in seen.calls]
        known = [cost for cost in costs if cost is not None]
        if len(known) < len(costs):
            return row
        return replace(row, observation=replace(seen, priced_usd=sum(known)))

    @staticmethod
    def _cost(price: Price, call: Call) -> float | None:
        if price is FREE:
            return 0.0
        return None if call.usage is None else price.of_usage(call.usage)

    def _add_live(self, call: Call, *, priced: bool) -> None:
        self.attempts += call.attempts
        self.possibly_billed += call.possibly_billed
        usage = call.usage
        if usage is None:
            if priced:
                self._add_unmeasured(call)
            return
        self._add_tokens(usage)
        if not priced:
            return
        cost = None if self.price is None else self.price.of_usage(usage)
        if cost is None:
            self.pico_usd = self.pico_possible = None
            return
        if self.pico_usd is not None:
            self.pico_usd += round(cost * PICO)
        if self.pico_possible is not None:
            self.pico_possible += round(cost * PICO) * call.possibly_billed

    def _add_tokens(self, usage: Usage | None) -> None:
        if usage is None:
            return
        self.estimated = self.estimated or usage.estimated
        for name in _TOKENS:
            self.tokens[name] += getattr(usage, name) or 0

    def _add_unmeasured(self, call: Call) -> None:
        """A call whose tokens are not known, since it failed or since its provider does not tell."""
        if call.finish != "unknown":
            self.pico_usd = self.pico_possible = None
        elif call.possibly_billed:
            self.pico_possible = None

    def every(self) -> "list[UsageTotals]":
        """These, and those of the models beside the entry's own."""
        return [self, *self.judges.values(), *([] if self.user is None else [self.user])]

    @property
    def beside_usd(self) -> float:
        """What the models beside the entry's own cost, as far as it is known."""
        return sum(other.priced_usd or 0.0 for other in self.every()[1:])

    @property
    def priced_usd(self) -> float | None:
        """What the calls cost by their price; None where the price or the tokens are not known."""
        return None if self.pico_usd is None else self.pico_usd / PICO

    @property
    def cost_usd(self) -> float | None:
        """What was priced and what was reported together; None where either is not known of all."""
        if self.pico_usd is None or self.reported_rows not in (0, self.rows):
            return None
        return (self.pico_usd + self.pico_reported) / PICO

    def as_json(self) -> dict[str, object]:
        """The `usage` of a result; the cost is null where the price or the tokens are not known."""
        counts = {"requests": self.requests, "attempts": self.attempts}
        served = {"cached": self.cached, "replayed": self.replayed, "possibly_billed": self.possibly_billed}
        return {
            **counts,
            **served,
            **self.tokens,
            "tokens_estimated": self.estimated,
            "cost_usd": self.cost_usd,
            "possible_cost_usd": None if self.pico_possible is None else self.pico_possible / PICO,
            **self._reported(),
            **({} if self.user is None else {"user": self.user.as_json()}),
            **({"judges": {name: of.as_json() for name, of in self.judges.items()}} if self.judges else {}),
        }

    def _reported(self) -> dict[str, object]:
        """What the system reported of its cost, and of how many rows; nothing where it reports none."""
        if not self.reported_rows:
            return {}
        usd = self.pico_reported / PICO
        return {"reported": {"cost_usd": usd, "rows": self.reported_rows, "of": self.rows}}
