"""Limits that many workers share, on a clock of their own."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prompteval.cluster.leases.ledger import Correction, Demand, Lease, RateLedger, Spent, Wait
from prompteval.cluster.leases.wallet import Wallet
from tests.cluster.leases.leasing_workers import Faults, World, calls_of, worst_minute


@settings(max_examples=60)
@given(
    rpm=st.integers(1, 3000),
    tpm=st.integers(1000, 200_000),
    workers=st.integers(1, 40),
    faults=st.builds(
        Faults,
        delay=st.floats(0.001, 8.0),
        dies=st.sampled_from([0.0, 7.0, 60.0]),
        drift=st.floats(0, 0.005),
    ),
    seed=st.integers(0, 2**32),
)
def test_s18_no_minute_is_above_a_limit(rpm: int, tpm: int, workers: int, faults: Faults, seed: int) -> None:
    """Invariant 5: whatever the workers, their clocks and deaths, and however late their messages are."""
    world = World(RateLedger(rpm, tpm), faults, random.Random(seed), counts_tokens=True, tokens=(1, 1000))
    world.run(workers, 200)
    assert worst_minute(calls_of(world.spent)) <= rpm
    assert worst_minute(world.spent) <= tpm


@pytest.mark.parametrize("workers", [1, 4, 60])
@pytest.mark.parametrize("rpm", [10, 60, 600, 20_000])
def test_s18_nine_tenths_of_a_limit_are_used(rpm: int, workers: int) -> None:
    """By workers that would call more often than they may, from the first minute on."""
    world = World(RateLedger(rpm, None), Faults(), random.Random(rpm), counts_tokens=False)
    world.run(workers, 660)
    used = sum(60 <= time < 660 for time, _ in world.spent)
    assert worst_minute(world.spent) <= rpm and used >= 0.9 * 10 * rpm


@pytest.mark.parametrize("workers", [1, 8, 50])
def test_s18_nine_tenths_of_the_tokens_are_used(workers: int) -> None:
    """By calls of very different sizes."""
    world = World(RateLedger(None, 90_000), Faults(), random.Random(5), counts_tokens=True, tokens=(20, 2000))
    world.run(workers, 660)
    used = sum(tokens for time, tokens in world.spent if 60 <= time < 660)
    assert worst_minute(world.spent) <= 90_000 and used >= 0.9 * 10 * 90_000


def test_s18_what_a_dead_worker_held_is_leased_again() -> None:
    """Workers that live for 20 s on average: two thirds of the limit are used all the same."""
    world = World(RateLedger(600, None), Faults(dies=20.0), random.Random(3), counts_tokens=False)
    world.run(10, 660)
    used = sum(60 <= time < 660 for time, _ in world.spent)
    assert worst_minute(world.spent) <= 600 and used >= 0.66 * 10 * 600


def test_s18_a_new_ledger_leases_nothing_for_a_minute() -> None:
    """What the one before it leased is not known: no burst after it was killed."""
    ledger = RateLedger(60, None)
    ledger.hold_everything(0.0)
    answer = ledger.ask(0.0, "w", Demand(5))
    assert isinstance(answer, Wait) and answer.seconds >= 60
    assert isinstance(ledger.ask(answer.seconds, "w", Demand(5)), Lease)


def test_s18_a_lease_is_worth_nothing_when_its_message_is_too_late() -> None:
    """It holds from when it was asked for, on the clock of the worker alone."""
    wallet = Wallet(4, counts_tokens=False)
    wallet.accept(100.0, 106.0, Lease(1, 4, 0, 5.0))
    assert wallet.wait(106.0, 0) is None
    assert wallet.close(106.0).spent == ()


def test_s18_scarce_calls_are_apart() -> None:
    """As the lease says, and none that would begin after its end; those that nobody else wants may go at once."""
    wallet = Wallet(4, counts_tokens=False)
    wallet.accept(0.0, 0.5, Lease(1, 9, 0, 5.0, every_s=1.0))
    assert wallet.wait(0.5, 0) == 0.0
    wallet.take(0.5, 0)
    assert wallet.wait(0.75, 0) == 0.75
    for now in (1.5, 2.5, 3.5, 4.5):
        wallet.take(now, 0)
    assert wallet.wait(4.75, 0) is None
    wallet.accept(5.0, 5.0, Lease(2, 5, 0, 5.0))
    wallet.take(5.0, 0)
    assert wallet.wait(5.0, 0) == 0.0


def test_s18_calls_that_were_not_made_go_back() -> None:
    """A report of two calls of ten leaves the other eight to somebody else, at once."""
    ledger = RateLedger(100, None)
    first = ledger.ask(0.0, "a", Demand(10))
    assert isinstance(first, Lease)
    ledger.report(1.0, first.number, [Spent(0.5, 2, 0)])
    ledger.report(2.0, first.number, [Spent(0.5, 2, 0)])  # a message that is sent again changes nothing
    assert ledger.calls is not None and ledger.calls.minute.free(2.0) == 98


def test_s18_a_call_that_used_more_tokens_is_paid_back() -> None:
    """The overdraft keeps everybody waiting, and a call that used fewer gives the rest back."""
    ledger = RateLedger(None, 1000)
    lease = ledger.ask(0.0, "a", Demand(1, 80, 80))
    assert isinstance(lease, Lease) and lease.tokens == 80
    ledger.report(1.0, lease.number, [Spent(1.0, 1, 80)], [Correction(1.0, 1000)])
    assert isinstance(ledger.ask(10.0, "a", Demand(1, 80, 80)), Wait)
    ledger.report(10.0, 0, [], [Correction(7.5, -900)])  # of a call a little after that one
    assert isinstance(ledger.ask(10.0, "a", Demand(1, 80, 80)), Lease)


def test_s18_a_pause_is_everybodys() -> None:
    """What a server asked of one worker holds for all, and a shorter wish does not shorten it."""
    ledger = RateLedger(60, None)
    ledger.pause(0.0, 30.0)
    ledger.pause(1.0, 5.0)
    answer = ledger.ask(2.0, "b", Demand(1))
    assert isinstance(answer, Wait) and answer.seconds == 28.0
