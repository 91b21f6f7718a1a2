"""The ledger of the money that a run may spend, from which workers lease small amounts."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(slots=True)
class Account:
    """USD that one worker has leased and spent in all, and that those which died in its place may have."""

    leased: float = 0.0
    spent: float = 0.0
    lost: float = 0.0

    @property
    def counted(self) -> float:
        """What counts against the limit."""
        return max(self.leased, self.spent) + self.lost


class MoneyLedger:
    """A hard stop in USD for all workers of a run: what is leased counts as spent until it is given back.

    Workers report what they have spent in all, so that a report which comes twice counts once. What a worker
    that died had leased beyond that may have been paid: it stays counted, as `lost_usd`.
    """

    def __init__(self, limit_usd: float) -> None:
        self.limit_usd = limit_usd
        self._accounts: dict[str, Account] = {}

    @property
    def spent_usd(self) -> float:
        """What was reported as spent."""
        return sum(one.spent for one in self._accounts.values())

    @property
    def lost_usd(self) -> float:
        """What workers that died may have spent beside."""
        return sum(one.lost for one in self._accounts.values())

    @property
    def left_usd(self) -> float:
        """What may still be leased."""
        return self.limit_usd - sum(one.counted for one in self._accounts.values())

    def held_by_others(self, worker: str) -> float:
        """What others have leased and not spent, some of which may come back."""
        others = (one for name, one in self._accounts.items() if name != worker)
        return sum(max(one.leased - one.spent, 0.0) for one in others)

    def ask(self, worker: str, least_usd: float, wanted_usd: float) -> float:
        """Lease up to `wanted_usd`, at least `least_usd`; 0.0 where not even that is left."""
        granted = min(max(wanted_usd, least_usd), self.left_usd)
        if granted <= 0 or granted < least_usd:
            return 0.0
        self._accounts.setdefault(worker, Account()).leased += granted
        return granted

    def report(self, worker: str, spent_usd: float, *, done: bool = False) -> None:
        """What a worker has spent in all; when it is done, what it leased beyond that goes back."""
        account = self._accounts.setdefault(worker, Account())
        account.spent = max(account.spent, spent_usd)
        if done:
            account.leased = account.spent

    def died(self, worker: str) -> None:
        """A worker will not report again; one that takes its place has reported what it finds stored."""
        account = self._accounts.get(worker)
        if account is not None:
            account.lost += max(account.leased - account.spent, 0.0)
            account.leased = account.spent

    def accounts(self) -> list[tuple[str, float, float, float]]:
        """(worker, leased, spent, lost) of every worker, for `restore`."""
        return [(name, one.leased, one.spent, one.lost) for name, one in self._accounts.items()]

    def restore(self, accounts: Iterable[tuple[str, float, float, float]]) -> None:
        """Take the place of a ledger that had these accounts."""
        self._accounts = {name: Account(leased, spent, lost) for name, leased, spent, lost in accounts}
