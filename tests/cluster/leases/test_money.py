"""Money that many workers share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.cluster.leases.money import MoneyLedger

STEPS = st.lists(
    st.tuples(st.sampled_from("abc"), st.floats(0.001, 2.0), st.floats(0, 1), st.sampled_from(["spend", "done", "die"])),
    max_size=60,
)  # fmt: skip


@given(limit=st.floats(0, 20), steps=STEPS)
def test_s18_no_more_is_spent_than_the_limit(
    limit: float, steps: list[tuple[str, float, float, str]]
) -> None:
    """Whoever asks, spends a part of what it leased, gives back, or dies: with what died the most it can be."""
    ledger, held, spent = MoneyLedger(limit), dict.fromkeys("abc", 0.0), dict.fromkeys("abc", 0.0)
    lost, dead = 0.0, set[str]()
    for worker, wanted, share, then in steps:
        ledger.report(worker, spent[worker])
        if worker in dead:  # all that it held may have been paid, and nobody says so
            ledger.died(worker)
            dead.remove(worker)
        held[worker] += ledger.ask(worker, wanted / 4, wanted)
        part = share * held[worker]
        held[worker] -= part
        spent[worker] += part
        if then == "done":
            ledger.report(worker, spent[worker], done=True)
            held[worker] = 0.0
        elif then == "die":
            dead.add(worker)
            lost += held[worker]
            held[worker] = 0.0
        assert sum(spent.values()) + sum(held.values()) + lost <= limit + 1e-9
        assert ledger.left_usd >= -1e-9


def test_s18_a_report_that_comes_twice_counts_once() -> None:
    """And one that is older than the last changes nothing."""
    ledger = MoneyLedger(10.0)
    assert ledger.ask("a", 1.0, 4.0) == 4.0
    for spent in (3.0, 3.0, 2.0):
        ledger.report("a", spent)
    assert (ledger.spent_usd, ledger.left_usd) == (3.0, 6.0)
    ledger.report("a", 3.0, done=True)
    assert ledger.left_usd == 7.0


def test_s18_what_a_dead_worker_leased_stays_counted() -> None:
    """It may have been paid, whatever the worker in its place spends and gives back."""
    ledger = MoneyLedger(10.0)
    ledger.ask("a", 1.0, 4.0)
    ledger.report("a", 1.0)
    ledger.died("a")
    assert (ledger.lost_usd, ledger.left_usd) == (3.0, 6.0)
    ledger.ask("a", 1.0, 2.0)
    ledger.report("a", 2.5, done=True)
    assert (ledger.lost_usd, ledger.spent_usd, ledger.left_usd) == (3.0, 2.5, 4.5)


def test_s18_a_ledger_takes_the_place_of_another() -> None:
    """With the same money left, and the same lost."""
    ledger, other = MoneyLedger(10.0), MoneyLedger(10.0)
    ledger.ask("a", 1.0, 4.0)
    ledger.report("b", 0.5)
    ledger.ask("b", 1.0, 2.0)
    ledger.died("a")
    other.restore(ledger.accounts())
    assert (other.left_usd, other.lost_usd) == (ledger.left_usd, ledger.lost_usd)


@pytest.mark.parametrize(("least", "granted"), [(0.5, 1.0), (1.0, 1.0), (1.5, 0.0)])
def test_s18_the_last_money_goes_to_whom_it_reaches(least: float, granted: float) -> None:
    """A worker whose next call costs more than what is left gets none of it."""
    assert MoneyLedger(1.0).ask("a", least, 4.0) == granted
