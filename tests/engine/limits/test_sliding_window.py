"""Limits over a sliding window, and the level of concurrency a server bears."""

from hypothesis import given, settings
from hypothesis import strategies as st

from prompteval.engine.limits.adaptive import AdaptiveConcurrency
from prompteval.engine.limits.sliding_window import SlidingWindow


def used_within(log: list[tuple[float, float]], seconds: float) -> float:
    """The most units in any half-open window of so many seconds."""
    return max(sum(units for time, units in log if start <= time < start + seconds) for start, _ in log)


@settings(deadline=None)
@given(
    st.integers(1, 500),
    st.lists(st.tuples(st.floats(0, 20), st.integers(1, 40), st.floats(0, 1)), min_size=1, max_size=150),
)
def test_no_window_of_60_s_passes_the_limit(limit: int, asked: list[tuple[float, int, float]]) -> None:
    """Whatever comes when, estimates settled downwards included: at most the limit in any 60 s."""
    window, now, log = SlidingWindow(limit), 0.0, []
    for gap, amount, share in asked:
        now += gap
        if amount > limit:
            assert window.wait(now, amount) == float("inf")
            continue
        while (wait := window.wait(now, amount)) > 0:
            now += wait
        used = amount * share
        window.settle(window.take(now, amount), used)
        log.append((now, used))
    if log:
        assert used_within(log, 60.0) <= limit + 1e-6


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 400))
def test_at_least_95_percent_of_the_limit_is_used_when_there_is_work(limit: int) -> None:
    """Ten minutes of endless work in units of one: over nine and a half minutes' worth goes."""
    window, now, done = SlidingWindow(limit), 0.0, 0
    while now < 600:
        wait = window.wait(now, 1)
        if wait > 0:
            now += wait
            continue
        window.take(now, 1)
        done += 1
    assert done >= 0.95 * limit * 10


def test_tokens_beyond_the_estimate_are_paid_back() -> None:
    """A reply longer than estimated holds later calls back until the window has room again."""
    window = SlidingWindow(100)
    entry = window.take(0.0, 40)
    window.settle(entry, 130)
    assert 60 <= window.wait(1.0, 1) <= 61
    window.settle(entry, 30)
    assert window.wait(1.0, 70) == 0


def test_concurrency_falls_by_the_share_that_failed_and_grows_by_a_step() -> None:
    """A round of failures halves it, a twentieth lowers it by a fortieth, a good round adds a fiftieth."""
    level = AdaptiveConcurrency(100)
    for _ in range(100):
        level.ended(overloaded=True)
    assert level.level == 50
    for _ in range(50):
        level.ended(overloaded=False)
    assert level.level == 52
    for number in range(52):
        level.ended(overloaded=number % 20 == 0)
    assert level.level == 50
    for _ in range(1000):
        level.ended(overloaded=True)
    assert level.level == 1
    for _ in range(5000):
        level.ended(overloaded=False)
    assert level.level == 100
