"""Who drives a run: a row that its driver renews, so that no second one continues it at the same time."""

import os
import socket
import time
from dataclasses import dataclass
from secrets import token_hex
from typing import Final

from prompteval.core.errors import RunInUse, StoreError
from prompteval.core.notice import notice
from prompteval.store.postgres.session import Session, key_text
from prompteval.workspace.store_place import POSTGRES

# How often a driver is seen, and after how many seconds without a sign it counts as dead. By the server's
# clock alone.
BEAT_SECONDS: Final = 4.0
LEASE_SECONDS: Final = 20.0
POLL_SECONDS: Final = 0.5
_TAKE: Final = (
    "INSERT INTO prompteval_leases AS held (run_id, holder, driver, beat)"
    " VALUES (%s, %s, %s, clock_timestamp()) ON CONFLICT (run_id) DO UPDATE SET holder = EXCLUDED.holder,"
    " driver = EXCLUDED.driver, beat = EXCLUDED.beat"
    " WHERE held.beat < clock_timestamp() - make_interval(secs => %s) RETURNING 1"
)
_LOOK: Final = (
    "SELECT driver, extract(epoch FROM beat)::float8, extract(epoch FROM clock_timestamp() - beat)::float8"
    " FROM prompteval_leases WHERE run_id = %s"
)
_RENEW: Final = (
    "UPDATE prompteval_leases SET beat = clock_timestamp() WHERE run_id = %s AND holder = %s RETURNING 1"
)
_HELD: Final = "SELECT 1 FROM prompteval_leases WHERE run_id = %s AND holder = %s"
_GIVE_BACK: Final = "DELETE FROM prompteval_leases WHERE run_id = %s AND holder = %s"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to drive one run."""

    run_id: str
    holder: str

    def renew(self, session: Session) -> None:
        """Be seen, within a transaction that writes. Raises StoreError where another took the run over."""
        if not session.execute(_RENEW, (key_text(self.run_id), self.holder)):
            raise self._lost()

    def check(self, session: Session) -> None:
        """Raise StoreError where another took the run over."""
        if not session.execute(_HELD, (key_text(self.run_id), self.holder)):
            raise self._lost()

    def give_back(self, session: Session) -> None:
        """Let others drive the run, from now on."""
        session.execute(_GIVE_BACK, (key_text(self.run_id), self.holder))

    def _lost(self) -> StoreError:
        message = f"run {self.run_id} was taken over by another process, since this one gave no sign for"
        return StoreError(POSTGRES, f"{message} {LEASE_SECONDS:g} s")


def take_lease(session: Session, run_id: str) -> Lease:
    """The lease of a run. A driver that is seen no more is waited for until it counts as dead.

    Raises UsageError where another process drives the run.
    """
    lease = Lease(run_id, token_hex(16))
    driver = f"{socket.gethostname()}, process {os.getpid()}"
    seen: set[float] = set()
    told = False
    while not session.execute(_TAKE, (key_text(run_id), lease.holder, driver, LEASE_SECONDS)):
        found = session.execute(_LOOK, (key_text(run_id),))
        if not found:
            continue  # it was given back right now
        other, beat, age = found[0]
        seen.add(beat)
        if len(seen) > 1:
            raise RunInUse(f"run {run_id} is being run by {other}", "wait for it to end, or stop it")
        if age > 2 * BEAT_SECONDS and not told:
            told = True
            left = max(LEASE_SECONDS - age, 0.0)
            notice(
                f"run {run_id} was last driven by {other}, {age:.0f} s ago; taking it over in {left:.0f} s"
            )
        time.sleep(POLL_SECONDS)
    return lease


def driver_of(session: Session, run_id: str) -> str:
    """Who drives a run now; empty where nobody does."""
    found = session.execute(_LOOK, (key_text(run_id),))
    return str(found[0][0]) if found and found[0][2] < LEASE_SECONDS else ""
