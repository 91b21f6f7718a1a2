"""A request over the window that a profile names is refused before the call."""

from typing import Any


def test_a_request_that_cannot_fit_is_not_sent(live: Any) -> None:
    """The case is an error with both sizes; what is kept for the reply counts."""
    with live(2, context_window=90) as ws:  # 100 tokens are kept for the reply
        result = ws.result(code=3)
        assert (result["cases"]["errors"], ws.server.stats["requests"]) == (2, 0)
        assert "over context_window = 90" in " ".join(result["notes"]) and result["error_kinds"] == {
            "context_overflow": 2
        }


def test_one_that_fits_is_sent(live: Any) -> None:
    """And a reply that is in the cache is used, whatever the window has become."""
    with live(2, context_window=4000) as ws:
        assert ws.result()["cases"]["scored"] == 2
        ws.profile(context_window=90)
        assert ws.result()["usage"]["cached"] == 2
