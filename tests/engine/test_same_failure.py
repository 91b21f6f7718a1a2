"""When the first calls all fail alike, the rest are not made."""

from prompteval.core.observation import Call, Observation
from prompteval.engine.same_failure import MOST_SAME, SameFailure
from prompteval.plan.targets.base import failed

NOT_FOUND = failed("call", "not_found", "HTTP 404: no such model")
ANSWERED = Observation("ok", output="x", calls=(Call("m", "k", "live", 1, 1.0),))
KEPT = Observation("ok", output="x", calls=(Call("m", "k", "cache", 1, 1.0),))


def reasons(*seen: Observation, answered: bool = False) -> list[str]:
    count = SameFailure(answered=answered)
    return [reason for one in seen if (reason := count.reason(one))]


def test_the_first_calls_that_fail_alike_stop_the_rest() -> None:
    """With what the server said; replies from the cache say nothing of it."""
    assert reasons(KEPT, *[NOT_FOUND] * (MOST_SAME - 1)) == []
    (reason,) = reasons(KEPT, *[NOT_FOUND] * MOST_SAME)
    assert reason == "the first 5 calls failed with the same error: HTTP 404: no such model"
    assert reasons(*[NOT_FOUND] * 9, answered=True) == []  # a resumed run begins with what failed before


def test_a_call_that_brings_something_else_lets_the_run_go_on() -> None:
    """An answer, another error, or one that may pass: what is wrong is wrong with single cases."""
    other = failed("call", "bad_request", "HTTP 400: 9,000 tokens")
    for first in (
        ANSWERED,
        other,
        failed("call", "server", "HTTP 500"),
        failed("render", "RenderError", "x"),
    ):
        assert reasons(first, *[NOT_FOUND] * 9) == []
