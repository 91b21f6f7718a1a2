"""The ledger of the money that a run may spend, from which workers lease small amounts."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(slots=True)
class Account:
    """What one worker has leased and spent in all, in USD; a `dead` one will not report again."""

    leased: float = 0.0
    spent: float = 0.0
    dead: bool = False


class MoneyLedger:
    """A hard stop in USD for all workers of a run: what is leased counts as spent until it is given back.

    Workers report what they have spent in all, so that a report which comes twice counts once. What a worker
    that died had leased beyond that may have been paid: it stays counted, and is `lost_usd`.
    """

    def __init__(self, limit_usd: float, spent_usd: float = 0.0) -> None:
        self.limit_usd = limit_usd
        self._before = spent_usd
        self._accounts: dict[str, Account] = {}

    @property
    def spent_usd(self) -> float:
        """What was reported as spent, and what was spent before."""
        return self._before + sum(one.spent for one in self._accounts.values())

    @property
    def lost_usd(self) -> float:
        """What workers that died may have spent beside."""
        return sum(max(one.leased - one.spent, 0.0) for one in self._accounts.values() if one.dead)

    @property
    def left_usd(self) -> float:
        """What may still be leased."""
        counted = sum(max(one.leased, one.spent) for one in self._accounts.values())
        return self.limit_usd - self._before - counted

    def ask(self, worker: str, spent_usd: float, least_usd: float, wanted_usd: float) -> float:
        """Lease up to `wanted_usd`, at least `least_usd`; 0.0 where not even that is left."""
        self.report(worker, spent_usd)
        granted = min(max(wanted_usd, least_usd), self.left_usd)
        if granted <= 0 or granted < least_usd:
            return 0.0
        self._accounts[worker].leased += granted
        return granted

    def report(self, worker: str, spent_usd: float, *, done: bool = False) -> None:
        """What a worker has spent in all; when it is done, what it leased beyond that goes back."""
        account = self._accounts.setdefault(worker, Account())
        account.spent = max(account.spent, spent_usd)
        if done:
            account.leased = account.spent

    def died(self, worker: str) -> None:
        """A worker will not report again."""
        if worker in self._accounts:
            self._accounts[worker].dead = True

    def accounts(self) -> list[tuple[str, float, float, bool]]:
        """(worker, leased, spent, dead) of every worker, for `restore`."""
        return [(name, one.leased, one.spent, one.dead) for name, one in self._accounts.items()]

    def restore(self, accounts: Iterable[tuple[str, float, float, bool]]) -> None:
        """Take the place of a ledger that had these accounts."""
        self._accounts = {name: Account(leased, spent, dead) for name, leased, spent, dead in accounts}
