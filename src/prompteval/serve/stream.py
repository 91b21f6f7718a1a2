"""A text answer as server-sent events: its pieces, then the whole answer, or what went wrong."""

import json
from contextlib import aclosing
from dataclasses import dataclass

from prompteval.core.errors import ProviderError
from prompteval.core.request import Request
from prompteval.core.strict_json import JsonObject
from prompteval.engine.bound_prompt import Answered
from prompteval.serve.asgi import SAFE, Header, Send
from prompteval.serve.call import Call
from prompteval.serve.problems import Refusal, of_outcome, of_provider

_STREAM: Header = (b"content-type", b"text/event-stream")


@dataclass(slots=True)
class _Sender:
    """Begins the answer with its first event, so that what fails before it has a status of its own."""

    send: Send
    headers: tuple[Header, ...]
    begun: bool = False

    async def event(self, name: str, value: JsonObject) -> None:
        if not self.begun:
            self.begun = True
            headers = [_STREAM, *self.headers, *SAFE]
            await self.send({"type": "http.response.start", "status": 200, "headers": headers})
        line = f"event: {name}\ndata: {json.dumps(value, allow_nan=False, separators=(',', ':'))}\n\n"
        await self.send({"type": "http.response.body", "body": line.encode("ascii"), "more_body": True})

    async def end(self) -> None:
        await self.send({"type": "http.response.body", "body": b""})


async def stream(call: Call, request: Request, send: Send) -> None:
    """Send the pieces as they come; where there are filters, all of them once a filter saw the whole.

    Raises Refusal for what fails before the first event; what fails later is an event `error`.
    """
    sender, held, ended = _Sender(send, call.answer_headers), list[str](), list[Answered]()
    pieces = call.served.bound.stream(request, call.state.options.timeout_s, ended.append)
    try:
        async with aclosing(pieces):
            async for piece in pieces:
                if call.state.filters:
                    held.append(piece)
                else:
                    await sender.event("text", {"text": piece})
        if ended[0].parsed.outcome == "ok":
            await call.screen("after", ended[0].parsed.answer)
        refusal = _ended(call, ended[0], None)
    except ProviderError as error:
        refusal = _ended(call, ended[0], error)
    except Refusal as stopped:
        refusal = stopped
    if refusal is None:
        if held:
            await sender.event("text", {"text": "".join(held)})
        await sender.event("done", call.body(ended[0]))
    elif sender.begun:
        await sender.event("error", json.loads(refusal.body(call.request_id)))
    else:
        raise refusal
    await sender.end()


def _ended(call: Call, answered: Answered, error: ProviderError | None) -> Refusal | None:
    """Record the call; what is wrong with it, None where nothing is."""
    call.record(answered)
    if error is not None and answered.parsed.outcome == "error":
        return of_provider(error)
    failure = answered.parsed.failure
    return None if failure is None else of_outcome(answered.parsed.outcome, failure.type)
