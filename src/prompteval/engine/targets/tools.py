"""A prompt whose tools are called: the model is asked again until it answers without a call."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from prompteval.core.case import Case
from prompteval.core.errors import DeadlineExceeded, ProviderError, RenderError
from prompteval.core.observation import Call, Failure, Observation
from prompteval.core.protocols import Provider
from prompteval.core.request import Message, Request, Response
from prompteval.core.tools import RequestedCall
from prompteval.core.trace import ToolCall, Trace
from prompteval.engine.targets.prompt import PromptTarget, call_of, failed_call, judged, observed
from prompteval.engine.targets.tool_calls import FakeTools, recorded
from prompteval.plan.fakes import Fakes
from prompteval.plan.targets.base import failed
from prompteval.prompt.parse import Parsed
from prompteval.prompt.prompt import Prompt
from prompteval.providers.layers import CLOCK, CaseClock

# Choices of a tool that leave it to the model; another holds for the first reply, or no loop would end.
_FREE = ("auto", "none")


@dataclass(frozen=True, slots=True)
class Played:
    """What has happened to a case so far."""

    messages: tuple[Message, ...]
    calls: tuple[Call, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    latency_ms: float = 0.0

    def asked(self, call: Call, latency_ms: float) -> "Played":
        """After one more call of the model."""
        calls = (*self.calls, call)
        return Played(self.messages, calls, self.tool_calls, self.latency_ms + latency_ms)

    def called(
        self, said: Message, answers: Sequence[Message], tool_calls: Sequence[ToolCall], latency_ms: float
    ) -> "Played":
        """After a reply with calls; `answers` holds what the tools gave, none where they were not called."""
        return Played(
            (*self.messages, said, *answers),
            self.calls,
            (*self.tool_calls, *tool_calls),
            self.latency_ms + latency_ms,
        )

    def numbered(self, calls: Sequence[RequestedCall]) -> tuple[RequestedCall, ...]:
        """Calls with ids of ours: those of a server differ each time, and so would all keys that follow.

        Nine letters and digits are an id for every server (Mistral's API takes no other).
        """
        first = 1 + sum(len(message.tool_calls) for message in self.messages)
        return tuple(
            RequestedCall(f"call{n:05}", call.name, call.arguments) for n, call in enumerate(calls, first)
        )

    def ended(self, observation: Observation) -> Observation:
        """The observation of the last call as that of the whole case."""
        trace = Trace(
            tool_calls=self.tool_calls, messages=tuple(message.as_chat() for message in self.messages)
        )
        return replace(observation, calls=self.calls, latency_ms=self.latency_ms, trace=trace)


class ToolTarget:
    """Asks a model, calls the functions that stand for its tools, and asks again with what they gave.

    Never raises for a bad case. One observation holds the calls of the model, those of the tools with their
    results, the conversation, and the time of both. A model that still calls tools after `max_steps` such
    replies is `truncated`. `deadline_s` is for the whole case; time in the queue of a limiter does not count.
    """

    def __init__(
        self, prompt: Prompt, fakes: Fakes, provider: Provider, model: str, deadline_s: float
    ) -> None:
        self._prompt = prompt
        self._tools = FakeTools(prompt, fakes)
        self._max_steps = fakes.max_steps
        self._provider = provider
        self._model = model
        self._deadline_s = deadline_s
        self._once = PromptTarget(prompt, provider, model)
        self._later_params: dict[str, object] | None = None

    async def __call__(self, case: Case, replicate: int) -> Observation:
        try:
            request = self._once.request(case, replicate)
        except (RenderError, DeadlineExceeded) as error:
            return failed("render", type(error).__name__, str(error))
        whole = CLOCK.get()  # of a conversation, whose turns share the deadline
        clock = whole or CaseClock()
        CLOCK.set(clock)
        try:
            return await self._play(request, clock)
        finally:
            CLOCK.set(whole)

    async def aclose(self) -> None:
        """Close the provider, and the threads of the tools."""
        self._tools.close()
        await self._provider.aclose()

    async def _play(self, request: Request, clock: CaseClock) -> Observation:
        played = Played(request.messages)
        for step in range(self._max_steps + 1):
            asked = request if step == 0 else replace(request, messages=played.messages)
            started = perf_counter()
            try:
                self._look_at(clock, step)
                response = await self._provider.complete(asked)
            except ProviderError as error:
                elapsed_ms = (perf_counter() - started) * 1000
                call, observation = failed_call(self._model, asked, error, elapsed_ms)
                return played.asked(call, elapsed_ms).ended(observation)
            live = response.served_by == "live"
            taken_ms = (perf_counter() - started) * 1000 if live else response.latency_ms
            played = played.asked(call_of(self._model, asked, response), taken_ms)
            parsed = judged(self._prompt, response)
            if not response.tool_calls or parsed.outcome not in ("ok", "invalid"):
                return self._ended(played, response, parsed)
            if step == self._max_steps:
                break
            calls = played.numbered(response.tool_calls)
            try:
                played = await self._answered(played, response, calls, step, clock)
            except TimeoutError:
                message = f"the tools did not end within the case's deadline of {self._deadline_s:g} s"
                return played.ended(failed("call", "timeout", message))
            request = self._freed(request)
        return self._cut(played, response)

    def _look_at(self, clock: CaseClock, step: int) -> None:
        """Raise ProviderError where nothing is left of the deadline."""
        if clock.spent_s >= self._deadline_s:
            message = f"the case's deadline of {self._deadline_s:g} s passed after {step} steps"
            raise ProviderError("timeout", message)

    async def _answered(
        self,
        played: Played,
        response: Response,
        calls: Sequence[RequestedCall],
        step: int,
        clock: CaseClock,
    ) -> Played:
        """After the tools of one reply. Raises TimeoutError where they take more than is left."""
        started = perf_counter()
        async with asyncio.timeout(self._deadline_s - clock.spent_s):
            found = await self._tools.answers(calls, step)
        elapsed_s = perf_counter() - started
        clock.spent_s += elapsed_s
        said = Message("assistant", response.text, tuple(calls), thoughts=response.thoughts)
        return played.called(
            said, [one.message for one in found], [one.call for one in found], elapsed_s * 1000
        )

    def _ended(self, played: Played, response: Response, parsed: Parsed) -> Observation:
        """The observation of a case whose last reply has no call to answer."""
        calls = played.numbered(response.tool_calls)
        kept = [recorded(self._prompt, call, len(played.calls) - 1) for call in calls]
        said = Message("assistant", response.text, calls)
        return played.called(said, (), kept, 0.0).ended(observed(response, parsed))

    def _cut(self, played: Played, response: Response) -> Observation:
        message = f"the model still calls tools after {self._max_steps} steps; raise max_steps"
        parsed = Parsed("truncated", failure=Failure("call", "max_steps", message))
        return self._ended(played, response, parsed)

    def _freed(self, request: Request) -> Request:
        """The request for a later reply: a tool that was chosen for the model was for the first."""
        if request.params.get("tool_choice", "auto") in _FREE:
            return request
        if self._later_params is None:
            self._later_params = {
                name: value for name, value in request.params.items() if name != "tool_choice"
            }
        return replace(request, params=self._later_params)
