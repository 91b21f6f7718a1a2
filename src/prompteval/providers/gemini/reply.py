"""A response of the Gemini API, read with suspicion.

Its form: the API reference, "GenerateContentResponse", and google.rpc.Status for errors.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from prompteval.core.errors import ProviderError
from prompteval.core.request import Finish, Response, Usage
from prompteval.core.response_json import is_logprob, token_count
from prompteval.core.secret import hide, holds_secret
from prompteval.core.strict_json import JsonObject
from prompteval.core.tools import Thought
from prompteval.providers.openai.calls import read_calls
from prompteval.providers.openai.errors import as_words, bad_reply, made_error
from prompteval.providers.openai.reply import LONGEST_NAME, ended_by_calls, refuse_empty

_FINISH: Final[Mapping[str, Finish]] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    **dict.fromkeys(
        (
            "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
            "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR",
        ),
        "content_filter",
    ),
}  # fmt: skip
# A reply that the server could not make sense of itself; the next may be better.
_BROKEN: Final = frozenset(
    {
        "MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS",
        "MISSING_THOUGHT_SIGNATURE", "OTHER", "NO_IMAGE", "IMAGE_OTHER",
    }
)  # fmt: skip
_KEPT: Final = {"modelVersion": "model", "responseId": "request_id"}


def read_response(raw: object, excerpt: Callable[[], str], latency_ms: float) -> Response:
    """The reply in the JSON values of a body, with every secret in it hidden.

    Raises ProviderError, with the body's `excerpt`, where there is neither a text nor a call.
    """
    if not isinstance(raw, dict):
        raise bad_reply("the reply is not a JSON object", excerpt())
    if raw.get("error"):
        raise _inner_error(raw["error"], excerpt())
    candidates = raw.get("candidates")
    first = candidates[0] if isinstance(candidates, list) and candidates else None
    if not isinstance(first, dict):
        return _blocked(raw, excerpt, latency_ms)
    reason = as_words(first.get("finishReason") or "")
    if reason in _BROKEN:
        raise bad_reply(f"the server broke the reply off: {reason}", excerpt())
    content = first.get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    known = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    texts = [part["text"] for part in known if is_answer(part)]
    calls = [part for part in known if isinstance(part.get("functionCall"), dict)]
    text = "".join(texts) if texts else None
    finish = _FINISH.get(reason, "unknown")
    asked = read_calls([_as_call(part["functionCall"]) for part in calls], excerpt)
    if text is None and not asked:
        refuse_empty(finish, calls, excerpt)
    kept = {
        name: hide(raw[key])[:LONGEST_NAME] for key, name in _KEPT.items() if isinstance(raw.get(key), str)
    }
    return Response(
        text=hide(text or ""),
        finish=ended_by_calls(finish) if asked else finish,
        model_reported=kept.pop("model", None),
        usage=_usage(raw.get("usageMetadata")),
        latency_ms=latency_ms,
        logprobs=_logprobs(first.get("logprobsResult")),
        reason=reason if finish == "content_filter" else None,
        details=dict(kept),
        tool_calls=asked,
        thoughts=tuple(_signatures(calls)) if asked else (),
    )


def is_answer(part: JsonObject) -> bool:
    """Whether a part is text of the answer; thoughts are marked."""
    return isinstance(part.get("text"), str) and part.get("thought") is not True


def _blocked(raw: JsonObject, excerpt: Callable[[], str], latency_ms: float) -> Response:
    """A prompt that a filter stopped. Raises ProviderError for a reply without any candidate else."""
    feedback = raw.get("promptFeedback")
    reason = feedback.get("blockReason") if isinstance(feedback, dict) else None
    if not isinstance(reason, str):
        raise bad_reply("the reply has no candidates", excerpt())
    usage = _usage(raw.get("usageMetadata"))
    return Response(
        text="",
        finish="content_filter",
        reason=hide(reason)[:LONGEST_NAME],
        usage=usage,
        latency_ms=latency_ms,
    )


def _as_call(call: JsonObject) -> JsonObject:
    return {"id": call.get("id"), "name": call.get("name"), "arguments": json.dumps(call.get("args") or {})}


def _signatures(calls: list[JsonObject]) -> Iterator[Thought]:
    """What goes back with each call, by its place among the calls."""
    for number, part in enumerate(calls):
        signature = part.get("thoughtSignature")
        if isinstance(signature, str) and not holds_secret(signature):
            yield Thought(str(number), signature)


def _usage(raw: object) -> Usage | None:
    """Tokens: a prompt's with those of tools' results, and what was written with what was thought."""
    if not isinstance(raw, dict):
        return None
    prompt, tools, cached, written, thought = (
        token_count(raw.get(name))
        for name in (
            "promptTokenCount", "toolUsePromptTokenCount", "cachedContentTokenCount", "candidatesTokenCount",
            "thoughtsTokenCount",
        )
    )  # fmt: skip
    read = None if prompt is None else prompt + (tools or 0)
    made = None if written is None and thought is None else (written or 0) + (thought or 0)
    return Usage(read, made, cached, thought)


def _logprobs(raw: object) -> tuple[float, ...] | None:
    chosen = raw.get("chosenCandidates") if isinstance(raw, dict) else None
    found: list[Any] = [
        token.get("logProbability")
        for token in (chosen if isinstance(chosen, list) else [])
        if isinstance(token, dict)
    ]
    return tuple(float(value) for value in found if is_logprob(value)) or None


def _inner_error(error: object, text: str) -> ProviderError:
    """An error in a body of status 200, such as in the middle of a stream."""
    status = error.get("code") if isinstance(error, dict) else None
    made = error_of(
        status if type(status) is int and 400 <= status < 600 else 500, {}, {"error": error}, text
    )
    made.possibly_billed = True
    return made


def error_of(status: int, headers: Mapping[str, str], body: object, text: str) -> ProviderError:
    """The error of a status, from the google.rpc.Status in the body and its details."""
    error = body.get("error") if isinstance(body, dict) else None
    error = error if isinstance(error, dict) else {}
    code, message = as_words(error.get("status") or ""), as_words(error.get("message") or "")
    details = error.get("details")
    reasons = [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []
    if any(one.get("reason") in ("API_KEY_INVALID", "API_KEY_EXPIRED") for one in reasons):
        status = 401
    if status == 429 and _is_of_day(reasons):
        code = f"{code} (daily quota)"
    made = made_error(status, headers, code, message, text)
    waits = [wait for one in reasons if (wait := _delay(one.get("retryDelay"))) is not None]
    if waits and made.retryable and made.retry_after_s is None:
        made.retry_after_s = max(waits)
    return made


def _is_of_day(reasons: list[JsonObject]) -> bool:
    """Whether a quota of a day is used up, which no wait within a run helps."""
    broken = [one.get("violations") for one in reasons]
    ids = [
        v.get("quotaId") for found in broken if isinstance(found, list) for v in found if isinstance(v, dict)
    ]
    return any(isinstance(name, str) and "PerDay" in name for name in ids)


def _delay(value: object) -> float | None:
    """Seconds of `17s` or `3.5s`."""
    text = value[:-1] if isinstance(value, str) and value.endswith("s") and len(value) < 20 else ""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if 0 <= found < 86_400 else None


def joined(chunks: list[JsonObject]) -> JsonObject:
    """The response that the same chunks are in one body: their parts together, of all else the last."""
    whole: JsonObject = {}
    parts: list[object] = []
    candidate: JsonObject = {}
    tokens: list[object] = []
    for chunk in chunks:
        candidates = chunk.get("candidates")
        first = candidates[0] if isinstance(candidates, list) and candidates else None
        whole |= {key: value for key, value in chunk.items() if key != "candidates"}
        if not isinstance(first, dict):
            continue
        content, result = first.get("content"), first.get("logprobsResult")
        found = content.get("parts") if isinstance(content, dict) else None
        parts += found if isinstance(found, list) else []
        chosen = result.get("chosenCandidates") if isinstance(result, dict) else None
        tokens += chosen if isinstance(chosen, list) else []
        candidate |= first
    if candidate:
        extra = {"logprobsResult": {"chosenCandidates": tokens}} if tokens else {}
        whole["candidates"] = [{**candidate, "content": {"parts": parts}, **extra}]
    return whole
