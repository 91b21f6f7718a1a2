"""A request for a prediction, from its bytes to its answer."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from prompteval.core.errors import DeadlineExceeded, RenderError
from prompteval.core.request import Request
from prompteval.serve.asgi import JSON, Receive, Send, respond
from prompteval.serve.call import Call
from prompteval.serve.problems import Refusal, of_inputs, of_outcome, of_provider
from prompteval.serve.state import WorkerState
from prompteval.serve.stream import stream

STREAM = b"text/event-stream"
# A request has no paths and no objects of Python.
DATA_URL_WANTED = "must be a data URL"
# Bytes of a request with files beyond which they are decoded in a thread.
DECODED_APART = 100_000


async def predict(call: Call, receive: Receive, send: Send) -> None:
    """Answer one request. Raises Refusal for what gets no answer, ClientLeft where nobody waits for it."""
    state, served = call.state, call.served
    streamed = _is_streamed(call)
    call.inputs, size = await state.bodies.read(call.headers, receive)
    await decode_files(call, size)
    errors = served.bound.prompt.input_errors(call.inputs, DATA_URL_WANTED)
    if errors:
        raise of_inputs(errors, call.inputs, served.declared)
    with _place(state):
        try:
            await call.screen("before", call.inputs)
            request = await _request(call, size)
            if streamed:
                return await stream(call, request, send)
            answered = await served.bound.answer(request, state.options.timeout_s)
            if answered.parsed.outcome == "ok":
                await call.screen("after", answered.parsed.answer)
        except asyncio.CancelledError:
            call.stop("error", "client_left")
            raise
    call.record(answered)
    if answered.error is not None:
        raise of_provider(answered.error)
    if answered.parsed.failure is not None:
        raise of_outcome(answered.parsed.outcome, answered.parsed.failure.type)
    body = json.dumps(call.body(answered), allow_nan=False, separators=(",", ":")).encode("ascii")
    return await respond(send, 200, body, (JSON, *call.answer_headers))


async def decode_files(call: Call, size: int) -> None:
    """Data URLs of inputs that are files become them; large ones are decoded off the event loop."""
    files = call.served.bound.prompt.file_inputs
    if files and size > DECODED_APART:
        call.inputs = dict(await asyncio.to_thread(files.decoded, call.inputs))
    elif files:
        call.inputs = dict(files.decoded(call.inputs))


def _is_streamed(call: Call) -> bool:
    """Whether the answer is to be streamed. Raises Refusal where that is asked for and cannot be."""
    accept = b",".join(value for name, value in call.headers if name == b"accept").lower()
    if STREAM not in accept:
        return False
    if call.served.is_text:
        return True
    if b"application/json" in accept or b"*/*" in accept:
        return False
    raise Refusal(406, "stream", "only the text of a prompt with text output is streamed")


@contextmanager
def _place(state: WorkerState) -> Iterator[None]:
    """A place among the calls that may run at a time; nobody waits for one. Raises Refusal."""
    if state.running >= state.options.concurrency:
        raise Refusal(429, "busy", "the service makes as many calls as it may", retry_after_s=1)
    state.running += 1
    state.metrics.in_flight.inc()
    try:
        yield
    finally:
        state.running -= 1
        state.metrics.in_flight.dec()


async def _request(call: Call, size: int) -> Request:
    """What is sent to the model; a template that may take long is rendered off the event loop."""
    bound = call.served.bound
    try:
        if bound.prompt.may_render_apart(size):
            return await asyncio.to_thread(partial(bound.request, call.inputs))
        return bound.request(call.inputs)
    except (RenderError, DeadlineExceeded):
        call.stop("error", "render")
        raise Refusal(422, "render", "the prompt cannot be rendered with these inputs") from None
