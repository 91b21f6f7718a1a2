"""What servers say of an empty or unpaid account: no wait helps, and the run ends."""

import pytest

from prompteval.providers.openai.errors import error_code_and_message, made_error


def kind(status: int, code: str, message: str) -> tuple[str, bool]:
    made = made_error(status, {}, *error_code_and_message({"error": {"code": code, "message": message}}), "")
    return made.kind, made.retryable


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (402, "invalid_request_error", "Insufficient Balance"),
        (400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
        (400, "billing_hard_limit_reached", "Billing hard limit has been reached"),
        (400, "Arrearage", "Access denied."),
        (403, "billing_not_active", "not active"),
        (429, "billing_not_active", "not active"),
        (429, "1113", "余额不足"),
        (429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."),
        (429, "insufficient_quota", "You exceeded your current quota"),
    ],
)
def test_an_empty_account_ends_a_run(status: int, code: str, message: str) -> None:
    """Whatever its status, also in the middle of a run."""
    assert kind(status, code, message) == ("quota", False)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("rate_limit_exceeded", "Add a payment method at https://platform.openai.com/account/billing"),
        ("Throttling.AllocationQuota", "Allocated quota exceeded"),
        (
            "RESOURCE_EXHAUSTED",
            "You exceeded your current quota, please check your plan and billing details.",
        ),
    ],
)
def test_a_rate_is_waited_for(code: str, message: str) -> None:
    """Though its message speaks of billing: Gemini says this of a limit per minute too."""
    assert kind(429, code, message) == ("rate_limit", True)


def test_a_code_that_is_the_status_is_said_once() -> None:
    """As OpenRouter has it."""
    assert str(made_error(402, {}, "402", "Insufficient credits", "")) == "HTTP 402: Insufficient credits"
