"""The calls of tools in a reply, of either of OpenAI's APIs."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from prompteval.core.request import Request, Response
from prompteval.core.secret import hide
from prompteval.core.tools import RequestedCall
from prompteval.providers.openai.errors import bad_reply, no_answer

# Of one reply; no model means more, and each is kept with its row.
MOST_CALLS: Final = 1_000
LONGEST_NAME: Final = 300


def read_calls(found: object, excerpt: Callable[[], str]) -> tuple[RequestedCall, ...]:
    """The calls in a reply.

    Raises ProviderError(bad_response) for one without the name of a tool, and for more than MOST_CALLS.
    """
    calls = found if isinstance(found, list) else [found] if found else []
    if len(calls) > MOST_CALLS:
        raise bad_reply(f"the reply has {len(calls):,} calls of tools, over {MOST_CALLS:,}", excerpt())
    return tuple(_call(call, excerpt) for call in calls)


def offered(request: Request, reply: Response, excerpt: Callable[[], str]) -> Response:
    """The reply to a request, without calls that it did not offer.

    Raises ProviderError(tool_calls_only) where nothing else is in it.
    """
    if request.tools or not reply.tool_calls:
        return reply
    if not reply.text.strip() and not reply.refusal and reply.finish == "tool_calls":
        raise no_answer(reply.tool_calls, excerpt())
    return replace(reply, tool_calls=())


def _call(raw: object, excerpt: Callable[[], str]) -> RequestedCall:
    call: dict[str, Any] = raw if isinstance(raw, dict) else {}
    function = call.get("function", call.get("custom", call))
    named: dict[str, object] = function if isinstance(function, dict) else {}
    name, arguments = named.get("name"), named.get("arguments", named.get("input"))
    if not isinstance(name, str) or not name:
        raise bad_reply("the reply has a call without the name of a tool", excerpt())
    identifier = next((call[key] for key in ("call_id", "id") if isinstance(call.get(key), str)), "")
    text = arguments if isinstance(arguments, str) else "" if arguments is None else json.dumps(arguments)
    return RequestedCall(identifier[:LONGEST_NAME], hide(name)[:LONGEST_NAME], hide(text))
