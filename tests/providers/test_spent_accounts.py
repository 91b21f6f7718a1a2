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


ECHO = "Why do I have insufficient balance? It contains sensitive words."


@pytest.mark.parametrize(
    "message",
    [
        f"[{{'type': 'missing', 'msg': 'Field required', 'input': {{'message': '{ECHO}'}}}}]",
        f'{{"detail": [{{"msg": "Field required", "input": [{{"content": "{ECHO}"}}]}}]}}',
        f"1 validation error for Chat [type=missing, input_value={{'content': {ECHO!r}}}, input_type=dict]",
        f"Invalid value: '{ECHO}'. Supported values are: 'text', 'json'.",
        f"The model can't read \"{ECHO[:40]}",
    ],
)
@pytest.mark.parametrize("status", [400, 422])
def test_what_an_error_quotes_of_a_case_is_not_said_by_the_server(status: int, message: str) -> None:
    """Neither of the account nor of a filter: it is a wrong request, which ends no run."""
    assert kind(status, "BadRequestError", message) == ("bad_request", False)


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("litellm.BadRequestError: AnthropicException - b'{\"type\":\"error\",\"error\":{\"message\":\"Your credit"
         " balance is too low to access the API.\"}}'", "quota"),
        ("Provider returned error: {\"error\":{\"message\":\"Content Exists Risk\",\"type\":\"x\"}}", "filtered"),
        ("Error code: 400 - {'error': {'message': \"The prompt triggered Azure OpenAI's content management"
         " policy. Please don't.\"}}", "filtered"),
        ("The prompt triggered Azure OpenAI's content management policy. Please don't.", "filtered"),
    ],
)  # fmt: skip
def test_a_message_that_a_router_passes_on_is_the_servers(message: str, found: str) -> None:
    """Though it stands between quotation marks."""
    assert kind(400, "invalid_request_error", message)[0] == found


@pytest.mark.parametrize(
    ("code", "found"), [("1113", "quota"), ("11130", "rate_limit"), ("AccountQuota", "quota")]
)
def test_a_code_is_known_by_its_whole_words(code: str, found: str) -> None:
    """A longer number is another code."""
    assert kind(429, code, "x")[0] == found


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("429", "Insufficient balance of tokens per minute"),
        ("quota_exceeded", "Quota of 60 requests per minute is used up"),
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
