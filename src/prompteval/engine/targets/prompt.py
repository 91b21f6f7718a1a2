"""A prompt and a model as a target: one case in, what happened out."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from time import perf_counter

from prompteval.core.case import Case
from prompteval.core.errors import ContextOverflow, DeadlineExceeded, ProviderError, RenderError
from prompteval.core.observation import Call, Failure, Observation
from prompteval.core.protocols import Provider
from prompteval.core.request import COUNTS, Request, Response
from prompteval.core.trace import Trace
from prompteval.engine.targets.tool_calls import first_reply
from prompteval.plan.targets.base import failed
from prompteval.prompt.parse import Parsed
from prompteval.prompt.prompt import Prompt

ONLY_CALLS = "the reply has only tool calls, and the prompt has no tools"


class PromptTarget:
    """Renders a prompt with a case's inputs, calls the model, parses the reply.

    Never raises for a bad case: what went wrong is the observation's outcome and failure.
    """

    def __init__(
        self, prompt: Prompt, provider: Provider, model: str, check: Callable[[Request], None] | None = None
    ) -> None:
        """`check` sees each request before it is sent, and raises ContextOverflow for one too long."""
        self._prompt = prompt
        self._check = check
        self._provider = provider
        self._model = model
        self._request = RequestWriter(prompt, model, provider.identity)

    def request(self, case: Case, replicate: int) -> Request:
        """What would be sent for this case. Raises RenderError or DeadlineExceeded."""
        return self._request(case.inputs, replicate)

    async def __call__(self, case: Case, replicate: int) -> Observation:
        started = perf_counter()
        try:
            request = self.request(case, replicate)
            if self._check is not None:
                self._check(request)
        except (RenderError, DeadlineExceeded) as error:
            return failed("render", type(error).__name__, str(error))
        except ContextOverflow as error:
            return failed("packing", "ContextOverflow", str(error))
        try:
            response = await self._provider.complete(request)
        except ProviderError as error:
            return self._failed(request, error, (perf_counter() - started) * 1000)
        return self._observe(request, response, (perf_counter() - started) * 1000)

    async def aclose(self) -> None:
        """Close the provider."""
        await self._provider.aclose()

    def _failed(self, request: Request, error: ProviderError, elapsed_ms: float) -> Observation:
        call, seen = failed_call(self._model, request, error, elapsed_ms)
        return replace(seen, calls=(call,), sent=self._sent(request))

    def _sent(self, request: Request) -> tuple[Mapping[str, object], ...]:
        """The messages as they are kept; those of a prompt with tools are in its trace."""
        return () if self._prompt.tools else tuple(message.as_chat() for message in request.messages)

    def _observe(self, request: Request, response: Response, elapsed_ms: float) -> Observation:
        return observed(
            response,
            judged(self._prompt, response),
            calls=(call_of(self._model, request, response),),
            latency_ms=response.latency_ms if response.served_by != "live" else elapsed_ms,
            trace=first_reply(self._prompt, request.messages, response),
            sent=self._sent(request),
        )


def failed_call(
    model: str, request: Request, error: ProviderError, elapsed_ms: float
) -> tuple[Call, Observation]:
    """(the call, what is seen of it) of a call that gave no reply: it is still one, its attempts count."""
    call = Call(
        model=model,
        key=request.key,
        served_by="replay" if error.kind == "stale_recording" else "live",
        attempts=error.attempts,
        latency_ms=elapsed_ms,
        finish="unknown",
        possibly_billed=error.billed_attempts,
    )
    return call, failed("call", error.kind, str(error), text=error.excerpt, latency_ms=elapsed_ms)


def observed(
    response: Response,
    parsed: Parsed,
    *,
    calls: tuple[Call, ...] = (),
    latency_ms: float = 0.0,
    trace: Trace | None = None,
    sent: tuple[Mapping[str, object], ...] = (),
) -> Observation:
    """What is seen of a reply, and of the calls that brought it."""
    return Observation(
        outcome=parsed.outcome,
        output=parsed.output,
        text=response.text,
        failure=parsed.failure,
        confidence=response.confidence,
        logprobs=response.logprobs,
        details={name: value for name, value in response.details.items() if name not in COUNTS},
        calls=calls,
        latency_ms=latency_ms,
        trace=trace,
        sent=sent,
    )


class RequestWriter:
    """What a prompt sends to one model for some inputs: the same in an evaluation and in an application."""

    def __init__(self, prompt: Prompt, model: str, identity: str) -> None:
        self._prompt = prompt
        self._model = model
        self._identity = identity
        self._params = dict(prompt.params)
        self._seed = self._params.pop("seed", None)

    def __call__(self, inputs: Mapping[str, object], replicate: int = 0) -> Request:
        """Raises RenderError or DeadlineExceeded."""
        return Request(
            model=self._model,
            messages=self._prompt.render(inputs),
            params=self._params,
            schema=self._prompt.schema,
            schema_name=self._prompt.name or "output",
            seed=self._seed,
            replicate=replicate,
            identity=self._identity,
            tools=self._prompt.tool_definitions,
        )


def judged(prompt: Prompt, response: Response) -> Parsed:
    """How the reply ended decides before its text does; calls of tools need no text beside them."""
    if response.refusal or response.finish == "refusal":
        return Parsed("refused", failure=Failure("call", "refused", response.refusal or "the model refused"))
    if response.finish == "length":
        message = "the reply was cut at the token limit; raise max_output_tokens"
        return Parsed("truncated", failure=Failure("call", "length", message))
    if response.finish == "content_filter":
        return Parsed("filtered", failure=Failure("call", "content_filter", _filtered(response)))
    if response.finish == "unsupported":
        message = response.reason or "the model cannot produce this output"
        return Parsed("invalid", failure=Failure("call", "unsupported", message))
    if response.tool_calls and not prompt.tools and not response.text.strip():
        return Parsed("error", failure=Failure("call", "tool_calls_only", ONLY_CALLS))
    if not (response.tool_calls and prompt.tools):
        return prompt.parse(response.text)
    beside = prompt.parse(response.text) if response.text else Parsed("ok")
    return beside if beside.outcome == "ok" else Parsed("ok")


def _filtered(response: Response) -> str:
    reason = f": {response.reason}" if response.reason else ""
    return f"a filter stopped the prompt{reason}" if reason else "the reply was withheld by a filter"


def call_of(model: str, request: Request, response: Response) -> Call:
    """The call that brought a reply."""
    return Call(
        model=model,
        key=request.key,
        served_by=response.served_by,
        attempts=int(response.details.get("attempts", 1)),
        latency_ms=response.latency_ms,
        usage=response.usage,
        model_reported=response.model_reported,
        finish=response.finish,
        possibly_billed=int(response.details.get("possibly_billed", 0)),
    )
