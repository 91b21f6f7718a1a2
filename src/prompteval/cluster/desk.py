"""The one place of a run from which its workers lease: a ledger for each model, and one of the money."""

from collections.abc import Callable, Sequence
from time import monotonic

from prompteval.cluster.leases.ledger import RateLedger
from prompteval.cluster.leases.money import MoneyLedger
from prompteval.cluster.messages import LeaseMessage, MoneyAnswer, MoneyMessage, packed_answer, unpack

Accounts = Sequence[tuple[str, float, float, float]]


class Desk:
    """Answers what workers send, one message after the other.

    `max_cost` is USD for the whole run, None where nothing limits it. A desk that `continues` another does
    not know what that one leased: it leases no calls for a minute. `keep` is handed the accounts of the money
    before any of it is leased; with `accounts` another desk continues with them.
    """

    def __init__(
        self,
        max_cost: float | None,
        *,
        accounts: Accounts = (),
        continues: bool = False,
        clock: Callable[[], float] = monotonic,
        keep: Callable[[Accounts], None] = lambda accounts: None,
    ) -> None:
        self._money = None if max_cost is None else MoneyLedger(max_cost)
        if self._money is not None:
            self._money.restore(accounts)
        self._ledgers: dict[str, RateLedger] = {}
        self._continues = continues
        self._clock = clock
        self._keep = keep

    def answer(self, data: bytes) -> bytes:
        """The answer to a message. Raises ValueError for what is none."""
        body = unpack(data)
        kind = body.pop("kind", None)
        if kind == "lease":
            return self._lease(LeaseMessage.of(body))
        if kind == "money":
            return self._spend(MoneyMessage(**body)).pack()
        raise ValueError(f"a message of the kind {kind!r}")

    def _lease(self, message: LeaseMessage) -> bytes:
        now = self._clock()
        ledger = self._ledgers.get(message.model)
        if ledger is None:
            ledger = self._ledgers[message.model] = RateLedger(message.rpm, message.tpm)
            if self._continues:
                ledger.hold_everything(now)
        report = message.report
        ledger.report(now, report.number, report.spent, report.corrections)
        if message.pause_s > 0:
            ledger.pause(now, message.pause_s)
        return packed_answer(
            None if message.demand is None else ledger.ask(now, message.worker, message.demand)
        )

    def _spend(self, message: MoneyMessage) -> MoneyAnswer:
        money, granted = self._money, 0.0
        if money is None:
            return MoneyAnswer(message.wanted_usd, 0.0, 0.0, 0.0)
        money.report(message.worker, message.spent_usd, done=message.gives_back)
        if message.begins:
            money.died(message.worker)
        if message.wanted_usd > 0:
            granted = money.ask(message.worker, message.least_usd, message.wanted_usd)
        self._keep(money.accounts())
        held = money.held_by_others(message.worker)
        return MoneyAnswer(granted, money.spent_usd, money.lost_usd, held)
