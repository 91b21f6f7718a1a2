"""A prompt bound to a model: the one way from inputs to an answer, in an application and in a service."""

import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter
from uuid import uuid4

from prompteval.core.errors import InvalidInput, OutputError, ProviderError
from prompteval.core.observation import Failure
from prompteval.core.prediction import Prediction
from prompteval.core.problem import Problem
from prompteval.core.request import Request, Response
from prompteval.core.trace import Outcome, ToolCall
from prompteval.engine.application_model import ApplicationModel
from prompteval.engine.logged_inputs import closed_inputs
from prompteval.engine.targets.prompt import RequestWriter, judged
from prompteval.engine.targets.tool_calls import recorded
from prompteval.prompt.parse import Parsed
from prompteval.prompt.prompt import Prompt

# What a stream that brought no whole answer raises, and the outcome that it is.
_CUT: Mapping[str, Outcome] = {
    "refused": "refused", "length": "truncated", "content_filter": "filtered", "tool_calls": "invalid",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one call. `error` is set where there was no reply; `latency_ms` is of the whole call.

    `time` is when it ended, in seconds since 1970.
    """

    parsed: Parsed
    latency_ms: float
    time: float
    response: Response | None = None
    error: ProviderError | None = None

    @property
    def confidence(self) -> float | None:
        return None if self.response is None else self.response.confidence

    def detail_ms(self, name: str) -> float | None:
        """Milliseconds that the reply's details tell, None where they do not."""
        found = None if self.response is None else self.response.details.get(name)
        return float(found) if isinstance(found, int | float) else None


class BoundPrompt:
    """One version of a prompt with one model. Requests are those that an evaluation sends, byte for byte."""

    def __init__(self, prompt: Prompt, model: ApplicationModel) -> None:
        self.prompt = prompt
        self.model = model
        self._write = RequestWriter(prompt, model.reference, model.identity)

    def validate(self, inputs: Mapping[str, object]) -> None:
        """Raise InvalidInput for inputs that the prompt does not take."""
        errors = self.prompt.input_errors(inputs)
        if errors:
            place = f"{self.prompt.name}@v{self.prompt.version}"
            raise InvalidInput(
                [Problem(place, 0, 0, "PE301", f"{dotted(at)}: {text}", help) for at, text, help in errors]
            )

    def request(self, inputs: Mapping[str, object]) -> Request:
        """What is sent for valid inputs. Raises RenderError or DeadlineExceeded."""
        return self._write(inputs)

    @cached_property
    def closed_inputs(self) -> frozenset[str]:
        """As the log's features need them."""
        return closed_inputs(self.prompt)

    def calls(self, response: Response) -> tuple[ToolCall, ...]:
        """The calls of tools that the reply asks for, with the ids to answer them by."""
        return tuple(replace(recorded(self.prompt, call, 0), id=call.id) for call in response.tool_calls)

    async def answer(self, request: Request, deadline_s: float | None) -> Answered:
        """One reply, judged and parsed. A failed call is an `error`; nothing is raised but cancellation."""
        started = perf_counter()
        try:
            response = await self.model.complete(request, deadline_s)
        except ProviderError as error:
            return _failed(error, started)
        return Answered(judged(self.prompt, response), _since(started), time.time(), response)

    async def stream(
        self, request: Request, deadline_s: float | None, ended: Callable[[Answered], None]
    ) -> AsyncGenerator[str, None]:
        """The text of a reply piece by piece; then `ended` is called with the whole.

        Raises ProviderError, after `ended`, for a call that fails or brings no whole answer.
        """
        started, pieces, times = perf_counter(), list[str](), dict[str, object]()
        try:
            async with aclosing(self.model.stream(request, deadline_s)) as parts:
                async for piece in parts:
                    times.setdefault("first_token_ms", _since(started))
                    if piece:
                        times.setdefault("first_answer_ms", _since(started))
                        pieces.append(piece)
                        yield piece
        except ProviderError as error:
            ended(_failed(error, started, "".join(pieces)))
            raise
        text = "".join(pieces)
        response = Response(text, latency_ms=_since(started), details=times)
        ended(Answered(self.prompt.parse(text), _since(started), time.time(), response))


def prediction(
    bound: BoundPrompt,
    inputs: Mapping[str, object],
    answered: Answered,
    request_id: str,
    *,
    trace_id: str = "",
) -> Prediction:
    """The line of the log for one call; inputs are as they came, for the log's policy to reduce."""
    response, failure = answered.response, answered.parsed.failure
    text = response.text if response is not None else ""
    return Prediction(
        time=answered.time,
        request_id=request_id,
        prompt=bound.prompt.reference,
        fingerprint=bound.prompt.fingerprint,
        model=(response.model_reported if response is not None else None) or bound.model.reference,
        outcome=answered.parsed.outcome,
        latency_ms=answered.latency_ms,
        output=answered.parsed.logged if answered.parsed.outcome == "ok" else text or None,
        inputs=bound.prompt.file_inputs.stored(inputs),
        error=failure.type if failure is not None else "",
        alias=bound.prompt.alias,
        trace_id=trace_id,
        confidence=answered.confidence,
        first_token_ms=answered.detail_ms("first_token_ms"),
        first_answer_ms=answered.detail_ms("first_answer_ms"),
        usage=response.usage if response is not None else None,
    )


def new_request_id() -> str:
    """An id of our own for one call: 32 hexadecimal digits, of which nothing can be read."""
    return uuid4().hex


def dotted(pointer: tuple[str | int, ...]) -> str:
    """The place of an input as a message names it."""
    return ".".join(str(part) for part in ("inputs", *pointer))


def _failed(error: ProviderError, started: float, text: str = "") -> Answered:
    outcome = _CUT.get(error.kind, "error") if isinstance(error, OutputError) else "error"
    parsed = Parsed(outcome, failure=Failure("call", error.kind, str(error)))
    response = Response(text) if text else None
    return Answered(parsed, _since(started), time.time(), response, error)


def _since(started: float) -> float:
    return (perf_counter() - started) * 1000
