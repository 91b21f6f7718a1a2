"""What each shard of a run used, by the rows that fall to it."""

from collections.abc import Callable
from dataclasses import dataclass

from prompteval.analysis.usage import UsageTotals
from prompteval.core.observation import Row
from prompteval.plan.shard import Shard, shard_with


@dataclass(slots=True)
class _Used:
    usage: UsageTotals
    cases: int = 0
    errors: int = 0


class ShardUsage:
    """Rows counted by shard, of which there are `of`; `totals` counts for a new one."""

    def __init__(self, of: int, totals: Callable[[], UsageTotals]) -> None:
        self._of = of
        self._totals = totals
        self._used: dict[int, _Used] = {}

    def add(self, row: Row) -> None:
        """Count one row, repeats each."""
        number = shard_with(row.suite, row.case.id, self._of).number
        found = self._used.get(number)
        if found is None:
            found = self._used[number] = _Used(self._totals())
        found.usage.add(row)
        found.cases += 1
        found.errors += row.observation.outcome == "error"

    def as_json(self) -> dict[str, dict[str, object]]:
        """By shard, in the order of their numbers; one without a row is left out.

        Calls and money are those of the target, the simulated user and the judges together. The cost is null
        where that of one of them is unknown.
        """
        return {str(Shard(number, self._of)): _json(self._used[number]) for number in sorted(self._used)}


def _json(used: _Used) -> dict[str, object]:
    asked = used.usage.every()
    costs = [one.cost_usd for one in asked]
    known = [cost for cost in costs if cost is not None]
    return {
        "cases": used.cases,
        "errors": used.errors,
        "requests": sum(one.requests for one in asked),
        "attempts": sum(one.attempts for one in asked),
        "cached": sum(one.cached for one in asked),
        "cost_usd": sum(known) if len(known) == len(costs) else None,
    }
