"""The lines of the Batch API's files: a request of the input, a reply or an error of the output."""

import json
import re

from prompteval.core.errors import ProviderError
from prompteval.core.request import Request, Response
from prompteval.core.secret import hide
from prompteval.core.strict_json import loads
from prompteval.providers.openai.api import DECISIONS, api_of
from prompteval.providers.openai.body import PLAIN
from prompteval.providers.openai.errors import LONGEST_MESSAGE, error_code_and_message, made_error
from prompteval.providers.openai.filters import filtered_reply
from prompteval.providers.openai.shape import Shape
from prompteval.wire import excerpt

KEY = re.compile(r"sha256:[0-9a-f]{64}")


def batch_line(model: str, request: Request, shape: Shape = PLAIN) -> bytes:
    """The line of an input file; the request's key is the `custom_id`, by which its reply is found."""
    body = api_of(shape).body(model, request, shape)
    line = {"custom_id": request.key, "method": "POST", "url": batch_endpoint(shape), "body": body}
    return json.dumps(line, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"


def batch_endpoint(shape: Shape) -> str:
    """The path of a batch's requests. Raises ProviderError(unsupported) for decisions."""
    api = api_of(shape)
    if api is DECISIONS:
        raise ProviderError("unsupported", 'the Batch API takes no decisions; set api = "chat"')
    return f"/v1/{api.path}"


def read_result(text: bytes, shape: Shape = PLAIN) -> tuple[str, Response | ProviderError]:
    """(custom_id, reply or error) of a line of an output or error file.

    Raises ValueError for a line without a request's id.
    """
    line = loads(text, nan_is_null=True)
    key = line.get("custom_id") if isinstance(line, dict) else None
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise ValueError("a line without the custom_id of a request")
    return key, _result(line, shape)


def _result(line: dict[str, object], shape: Shape) -> Response | ProviderError:
    error, answered = line.get("error"), line.get("response")
    if error or not isinstance(answered, dict):
        code, server_message = error_code_and_message({"error": error or {}})
        code = code or "bad_response"
        kind = "expired" if "expired" in code else "bad_response"
        return ProviderError(
            kind, hide(f"the batch has no reply: {code}: {server_message}")[:LONGEST_MESSAGE]
        )
    body, status, request_id = answered.get("body"), answered.get("status_code"), answered.get("request_id")

    def start() -> str:
        return excerpt(json.dumps(body))

    try:
        if status != 200:
            raise made_error(status if type(status) is int else 0, {}, *error_code_and_message(body), start())
        named = request_id if isinstance(request_id, str) else None
        return api_of(shape).read(body, start, named, 0.0, by_tool=shape.structured == "tool")
    except ProviderError as failure:
        failure.retryable = False
        return filtered_reply(failure) or failure
