"""The writer's thread: what ends it, and what it does while there is no work."""

import time
from collections.abc import Callable, Sequence

import pytest

from prompteval.core.errors import StoreError
from prompteval.store.writer import Writer


class Counted:
    """A database that counts its transactions."""

    place = "counted"

    def __init__(self, idle_s: float | None = None) -> None:
        self.idle_s = idle_s
        self.transactions = 0

    def do(self, jobs: Sequence[Callable[[list[int]], object]]) -> None:
        self.transactions += 1

    def settle(self) -> None: ...

    def close(self) -> None: ...


def test_a_call_afterwards_that_raises_is_a_failure_and_ends_no_thread() -> None:
    """A flush returns with it, instead of waiting for good."""
    writer: Writer[list[int]] = Writer(Counted())

    def broken(stored: bool) -> None:
        raise ValueError("no loop")

    writer.submit(lambda _: None, after=broken)
    with pytest.raises(StoreError, match="counted: could not be written: no loop"):
        writer.flush()
    writer.close()


def test_flushes_that_come_often_keep_no_lease_from_being_renewed() -> None:
    """It is renewed by time, with work or without."""
    database = Counted(idle_s=0.2)
    writer: Writer[list[int]] = Writer(database)
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        writer.flush()
        time.sleep(0.02)
    writer.close()
    assert database.transactions >= 2
