"""What a writer's thread writes through: transactions that are tried again until they are stored."""

from collections.abc import Callable, Sequence

from prompteval.core.errors import RunEnded
from prompteval.store.postgres.lease import BEAT_SECONDS, Lease
from prompteval.store.postgres.session import Session
from prompteval.workspace.store_place import POSTGRES


class PostgresDatabase:
    """See `writer.Transactions`. Jobs must be such that the same one twice stores nothing twice.

    When the connection breaks nobody knows whether the last transaction was committed: its jobs run again.
    While it has a lease, every transaction renews it, and so does one without jobs when there is no work.
    """

    place = POSTGRES

    def __init__(self, session: Session) -> None:
        self._session = session
        self.lease: Lease | None = None

    @property
    def idle_s(self) -> float | None:
        return BEAT_SECONDS

    def do(self, jobs: Sequence[Callable[[Session], object]]) -> None:
        """All jobs in one transaction. Raises StoreError."""
        if not jobs and self.lease is None:
            return

        def work() -> None:
            with self._session.transaction():
                if self.lease is not None:
                    self.lease.renew(self._session)
                for job in jobs:
                    job(self._session)

        self._session.retried(work, "could not be written")

    def settle(self) -> None:
        """What is committed is on the server's disk; a lease is given back."""
        lease, self.lease = self.lease, None
        if lease is not None:
            lease.give_back(self._session)

    def close(self) -> None:
        self._session.close()


def refuse_ended(session: Session, run_ids: Sequence[str]) -> None:
    """Within a transaction: none of these runs has ended, nor ends before it does. Raises RunEnded."""
    sql = "SELECT run_id, contents IS NULL FROM prompteval_runs WHERE run_id = ANY(%s)"
    sql += " ORDER BY run_id FOR SHARE"
    found = {one[0]: one[1] for one in session.execute(sql, (list(run_ids),))}
    for run_id in run_ids:
        if run_id not in found:
            raise RunEnded(POSTGRES, f"run {run_id} no longer exists")
        if not found[run_id]:
            raise RunEnded(POSTGRES, f"run {run_id} has ended, and nothing is added to it")
