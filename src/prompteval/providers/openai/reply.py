"""A chat completion's body, read with suspicion."""

from collections.abc import Callable
from typing import Any

from prompteval.core.errors import ProviderError
from prompteval.core.request import Finish, Response, Usage
from prompteval.core.response_json import is_logprob, token_count
from prompteval.core.secret import hide, holds_secret
from prompteval.core.strict_json import JsonObject
from prompteval.providers.openai.alternatives import alternatives_of
from prompteval.providers.openai.calls import read_calls
from prompteval.providers.openai.errors import (
    LONGEST_REFUSAL,
    as_words,
    bad_reply,
    error_code_and_message,
    made_error,
    no_answer,
)
from prompteval.providers.openai.filters import FILTERED

_FINISH: dict[str, Finish] = {
    "stop": "stop",
    "length": "length",
    "content_filter": "content_filter",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    # Of compatible servers: their own words for the same.
    "eos": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_length": "length",
    "model_context_window_exceeded": "length",
    "safety": "content_filter",
    "recitation": "content_filter",
    "prohibited_content": "content_filter",
    "sensitive": "content_filter",
    "content_filtered": "content_filter",
    "guardrail_intervened": "content_filter",
    "refusal": "refusal",
}
# A reply that its server broke off: the words of DeepSeek, vLLM, Zhipu and Cohere, and what others may say.
_BROKEN_OFF = frozenset(
    {"insufficient_system_resource", "abort", "network_error", "timeout", "cancelled", "canceled", "failed"}
)
# A part of a message that holds text of the answer; thoughts have other types.
_TEXT_PARTS = ("text", "output_text")
# What a server says beside the text itself is kept with every row.
LONGEST_NAME = 300


def read_reply(
    raw: object,
    excerpt: Callable[[], str],
    request_id: str | None,
    latency_ms: float,
    *,
    by_tool: bool = False,
) -> Response:
    """The reply in the JSON values of a body, with every secret in it hidden.

    With `by_tool` the answer is the arguments of the tool call that was asked for; else calls are the
    reply's. Raises ProviderError, with the body's `excerpt`, when there is neither: bad_response, empty, or
    what the error inside the body means.
    """
    if not isinstance(raw, dict):
        raise bad_reply("the reply is not a JSON object", excerpt())
    choice = _choice_of(raw, excerpt)
    message = choice.get("message")
    if not isinstance(message, dict):
        raise bad_reply("the reply has no message", excerpt())
    finish = _finish_of(choice, excerpt)
    content, refusal = _content(message)
    calls = message.get("tool_calls") or message.get("function_call")
    if by_tool and calls:
        content, finish = _arguments(calls) or content, "stop" if finish == "tool_calls" else finish
    asked = () if by_tool else read_calls(calls, excerpt)
    if content is None and not asked and not refusal:
        refuse_empty(finish, calls, excerpt)
    kept, model = kept_details(raw, request_id)
    logprobs = choice.get("logprobs")
    tokens = logprobs.get("content") if isinstance(logprobs, dict) else None
    return Response(
        text=hide(content or ""),
        finish=ended_by_calls(finish) if asked else finish,
        model_reported=model,
        usage=_usage(raw.get("usage")),
        latency_ms=latency_ms,
        logprobs=_logprobs(logprobs),
        refusal=refusal_text(refusal),
        details={**kept, **alternatives_of(content or "", tokens)},
        tool_calls=asked,
    )


def _choice_of(raw: JsonObject, excerpt: Callable[[], str]) -> JsonObject:
    """The first choice of a reply. Raises ProviderError where there is none, or an error in its place."""
    if raw.get("error"):
        raise sent_error(raw["error"], "the server answered 200 with an error", excerpt())
    choices = raw.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise bad_reply("the reply has no choices", excerpt())
    choice = next((one for one in choices if isinstance(one, dict) and one.get("index") == 0), choices[0])
    if choice.get("error") or _is_error(choice):
        raise sent_error(choice.get("error") or {}, "the choice is an error", excerpt())
    return choice


def _is_error(choice: JsonObject) -> bool:
    reason = choice.get("finish_reason")
    return isinstance(reason, str) and reason.lower() == "error"


def _finish_of(choice: JsonObject, excerpt: Callable[[], str]) -> Finish:
    """How a choice ended. Raises ProviderError for one that its server broke off."""
    reason = choice.get("finish_reason")
    if isinstance(reason, str) and reason.lower() in _BROKEN_OFF:
        message = f"the server cut the reply off: {reason}"
        raise ProviderError("server", message, retryable=True, possibly_billed=True, excerpt=excerpt())
    # Gemini's endpoint for OpenAI's SDK adds its own word: "content_filter: PROHIBITED_CONTENT".
    named = reason.lower().partition(":")[0] if isinstance(reason, str) else ""
    return _FINISH.get(named, "unknown")


def refuse_empty(finish: Finish, calls: object, excerpt: Callable[[], str]) -> None:
    """Raise ProviderError for a reply without anything, unless it was cut, filtered or refused."""
    if finish not in ("content_filter", "length", "refusal"):
        raise no_answer(calls, excerpt())


def ended_by_calls(finish: Finish) -> Finish:
    """How a reply with calls ended, where its server says that it just ended."""
    return "tool_calls" if finish in ("stop", "unknown") else finish


def refusal_text(refusal: object) -> str | None:
    """A refusal as it is kept with a row."""
    return _short(as_words(refusal), LONGEST_REFUSAL) if refusal else None


def error_in(raw: object) -> ProviderError | None:
    """The error that an event of a stream holds, itself or in its choice."""
    if not isinstance(raw, dict):
        return bad_reply("an event of the stream is not a JSON object", "")
    choices = raw.get("choices")
    first = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    found = raw.get("error") or first.get("error")
    if not found and not _is_error(first):
        return None
    return sent_error(found or {}, "the stream holds an error", "")


def piece_of(delta: JsonObject) -> tuple[str | None, object]:
    """(the text, the refusal) in a piece of a streamed message."""
    return _content(delta)


def _content(message: JsonObject) -> tuple[str | None, object]:
    """(the text of a message, its refusal): a text as it is, or the texts among its parts.

    A server may send the one part without its list, parts that are texts themselves, or without a type.
    """
    content, refusal = message.get("content"), message.get("refusal")
    if isinstance(content, dict):
        content = [content]
    if not isinstance(content, list):
        return (content if isinstance(content, str) else None), refusal
    named = [{"text": part} if isinstance(part, str) else part for part in content]
    parts = [part for part in named if isinstance(part, dict)]
    texts = [part.get("text") for part in parts if part.get("type", "text") in _TEXT_PARTS]
    refusals = [part.get("refusal") for part in parts if part.get("type") == "refusal"]
    known = [text for text in texts if isinstance(text, str)]
    return ("".join(known) if known else None), refusal or next(filter(None, refusals), None)


def _arguments(calls: object) -> str | None:
    """The arguments of the first call of a tool, as JSON text."""
    call = calls[0] if isinstance(calls, list) and calls else calls
    function = call.get("function", call) if isinstance(call, dict) else None
    arguments = function.get("arguments") if isinstance(function, dict) else None
    return as_words(arguments) if isinstance(arguments, str | dict) else None


def kept_details(raw: JsonObject, request_id: str | None) -> tuple[dict[str, str], str | None]:
    """(what a body says beside its answer, the model that it names)."""
    named = {name: raw.get(name) for name in ("system_fingerprint", "service_tier", "model")}
    named["request_id"] = request_id
    kept = {name: value for name, value in named.items() if isinstance(value, str)}
    if holds_secret("\0".join(kept.values())):
        kept = {name: hide(value) for name, value in kept.items()}
    kept = {name: value[:LONGEST_NAME] for name, value in kept.items()}
    model = kept.pop("model", None)
    return kept, model


def sent_error(error: object, where: str, text: str) -> ProviderError:
    """An error in a body of status 200: by its own code where it has one, else one that may pass."""
    code = error.get("code") if isinstance(error, dict) else None
    status = int(code) if isinstance(code, int | str) and str(code).isdecimal() and len(str(code)) == 3 else 0
    made = made_error(status or 400, {}, *error_code_and_message({"error": error}), text)
    if made.kind == FILTERED:
        return made
    if 400 <= status < 600:
        return ProviderError(
            made.kind,
            f"{where}: {made}",
            retryable=made.retryable,
            status=status,
            possibly_billed=True,
            excerpt=text,
        )
    message = hide(as_words(error))[:200] if error else "no reason given"
    return bad_reply(f"{where}: {message}", text)


def _short(text: str, most: int) -> str:
    return hide(text)[:most]


def _usage(raw: object) -> Usage | None:
    """Token counts; a value that is negative, absurd or not a whole number is None."""
    if not isinstance(raw, dict):
        return None
    prompt_details = raw.get("prompt_tokens_details")
    completion_details = raw.get("completion_tokens_details")
    return Usage(
        prompt_tokens=token_count(raw.get("prompt_tokens")),
        completion_tokens=token_count(raw.get("completion_tokens")),
        cached_tokens=token_count(
            prompt_details.get("cached_tokens")
            if isinstance(prompt_details, dict)
            else raw.get("prompt_cache_hit_tokens")
        ),
        reasoning_tokens=(
            token_count(completion_details.get("reasoning_tokens"))
            if isinstance(completion_details, dict)
            else None
        ),
    )


def _logprobs(raw: Any) -> tuple[float, ...] | None:
    """One a token: from OpenAI's list of tokens, or from the plain list of older and compatible servers."""
    if not isinstance(raw, dict):
        return None
    tokens, plain = raw.get("content"), raw.get("token_logprobs")
    values: list[Any] = plain if isinstance(plain, list) else []
    if isinstance(tokens, list):
        values = [token.get("logprob") for token in tokens if isinstance(token, dict)]
    return tuple(float(value) for value in values if is_logprob(value)) or None
