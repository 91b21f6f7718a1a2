"""A desk whose accounts lie in a file, so that one in its place knows what was leased."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress

from prompteval.cluster.desk import Accounts, Desk
from prompteval.cluster.engine import DeskSettings
from prompteval.cluster.leases.limit import BLOCK_SECONDS
from prompteval.core.errors import StoreError
from prompteval.core.strict_json import loads
from prompteval.engine.limits.sliding_window import MINUTE, SLACK
from prompteval.workspace.writing import write_whole

MARKED_EVERY_S = 1.0
# What a desk leased so long before its file was last marked has left every window.
FORGOTTEN_AFTER_S = MINUTE * SLACK + BLOCK_SECONDS + MARKED_EVERY_S


class KeptDesk:
    """Answers as a Desk does; the file is marked as long as it does, and written when money is leased."""

    def __init__(self, settings: DeskSettings) -> None:
        self._path = settings.accounts
        self._marked = float("-inf")
        age = self._age()
        self._desk = Desk(
            settings.max_cost,
            accounts=self._accounts() if age is not None else (),
            continues=age is not None and age < FORGOTTEN_AFTER_S,
            keep=self._keep,
        )

    def answer(self, data: bytes) -> bytes:
        """The answer to a message."""
        now = time.monotonic()
        if now - self._marked >= MARKED_EVERY_S:
            self._marked = now
            if self._age() is None:
                self._keep(())
            os.utime(self._path)
        return self._desk.answer(data)

    def _age(self) -> float | None:
        """Seconds since a desk marked the file; None where there was none."""
        with suppress(FileNotFoundError):
            return max(time.time() - self._path.stat().st_mtime, 0.0)
        return None

    def _keep(self, accounts: Accounts) -> None:
        text = json.dumps([list(one) for one in accounts])
        write_whole(self._path, [text.encode()], within=self._path.parent, private=True)

    def _accounts(self) -> list[tuple[str, float, float, float]]:
        """Raises StoreError for a file that no desk wrote."""
        try:
            return list(_read(loads(self._path.read_bytes())))
        except (ValueError, TypeError) as error:
            raise StoreError(
                str(self._path), f"could not be read: {error}; what was spent is not known"
            ) from None


def _read(body: object) -> Iterator[tuple[str, float, float, float]]:
    if not isinstance(body, list):
        raise TypeError("no list of accounts")
    for name, leased, spent, lost in body:
        yield str(name), float(leased), float(spent), float(lost)
