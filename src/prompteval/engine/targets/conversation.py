"""A conversation as a target: the system is asked turn by turn, each time with what was said before."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Protocol

from prompteval.core.case import Case
from prompteval.core.errors import DeadlineExceeded, RenderError
from prompteval.core.observation import Call, Observation
from prompteval.core.request import Message
from prompteval.core.trace import Trace
from prompteval.engine.targets.simulated_user import Says, UserPlayer
from prompteval.plan.conversation.slots import ChatMessage, Named
from prompteval.plan.results.calls import calls_of_turns
from prompteval.plan.targets.base import failed
from prompteval.plan.targets.prompt import PromptPlan
from prompteval.prompt.messages import History
from prompteval.providers.layers import CLOCK, CaseClock


class Answering(Protocol):
    """A system that answers one question, and is closed when the work is done."""

    async def __call__(self, case: Case, replicate: int) -> Observation: ...

    async def aclose(self) -> None: ...


class Speech(Protocol):
    """How a kind of system is given a turn, and what it says."""

    def inputs(self, case: Case, said: Sequence[ChatMessage], text: str) -> Named:
        """What the system is called with."""
        ...

    def answer(self, inputs: Named, said: Sequence[ChatMessage], seen: Observation) -> Sequence[ChatMessage]:
        """What the system said: its answer, and before it the calls of tools with their results."""
        ...

    def whole(self, inputs: Named, said: Sequence[ChatMessage]) -> Sequence[ChatMessage]:
        """The messages as they were sent last, for the record."""
        ...


@dataclass(frozen=True, slots=True)
class PromptSpeech:
    """A prompt: the history goes into the input that its `history(...)` reads."""

    plan: PromptPlan

    def inputs(self, case: Case, said: Sequence[ChatMessage], text: str) -> Named:
        return self.plan.slots.filled(self.plan.own_inputs(case.inputs), said, text)

    def answer(self, inputs: Named, said: Sequence[ChatMessage], seen: Observation) -> Sequence[ChatMessage]:
        messages = None if seen.trace is None else seen.trace.messages
        if messages is None:
            return (assistant(seen),)
        rendered = sum(
            len(inputs.get(part.name) or ()) if isinstance(part, History) else 1
            for part in self.plan.prompt.messages
        )
        return messages[rendered:]

    def whole(self, inputs: Named, said: Sequence[ChatMessage]) -> Sequence[ChatMessage]:
        try:
            return [message.as_chat() for message in self.plan.prompt.render(inputs)]
        except (RenderError, DeadlineExceeded):  # which ended the conversation
            return said


MESSAGES = "messages"


@dataclass(frozen=True, slots=True)
class ApplicationSpeech:
    """A callable or an endpoint: `messages` beside the case's inputs, the user's text the last of them.

    `withheld` are inputs of the simulated user. An application that gives back the conversation that it was
    given and what it added is continued from there, calls of tools included.
    """

    withheld: frozenset[str] = frozenset()

    def inputs(self, case: Case, said: Sequence[ChatMessage], text: str) -> Named:
        given = case.inputs if isinstance(case.inputs, Mapping) else {"inputs": case.inputs}
        own = {name: value for name, value in given.items() if name not in self.withheld}
        return {**own, MESSAGES: [*said, {"role": "user", "content": text}]}

    def answer(self, inputs: Named, said: Sequence[ChatMessage], seen: Observation) -> Sequence[ChatMessage]:
        sent = list(inputs[MESSAGES])
        found = list(() if seen.trace is None or seen.trace.messages is None else seen.trace.messages)
        if len(found) > len(sent) and found[: len(sent)] == sent:
            return found[len(sent) :]
        answer = seen.output if isinstance(seen.output, str) else seen.text
        return ({"role": "assistant", "content": answer},)

    def whole(self, inputs: Named, said: Sequence[ChatMessage]) -> Sequence[ChatMessage]:
        return list(inputs[MESSAGES])


def assistant(seen: Observation) -> ChatMessage:
    """What a model said as a message: its text, or why there is none."""
    text = seen.text or ("" if seen.failure is None else seen.failure.message)
    return Message("assistant", text).as_chat()


@dataclass(slots=True)
class Played:
    """What has happened in a conversation so far."""

    said: list[ChatMessage] = field(default_factory=list)
    whole: list[ChatMessage] = field(default_factory=list)
    turns: list[Trace] = field(default_factory=list)
    seen: list[Observation] = field(default_factory=list)
    user_calls: list[Call] = field(default_factory=list)

    def add(self, text: str, seen: Observation) -> None:
        """Keep a turn: what the user said, what the system did."""
        self.seen.append(seen)
        self.turns.append(turn_of(text, seen))

    def ended(self, failure: Observation | None = None) -> Observation:
        """The observation of the whole: that of the last turn, with the calls and the time of all."""
        last = failure or (self.seen[-1] if self.seen else failed("call", "no_turn", NO_TURN))
        trace = replace(
            last.trace or Trace(),
            tool_calls=calls_of_turns([turn.tool_calls for turn in self.turns]),
            messages=tuple(self.whole),
            turns=tuple(self.turns),
        )
        costs = [one.reported_cost_usd for one in self.seen]
        details = {name: value for name, value in last.details.items() if name != "cost_usd"}
        if costs and None not in costs:
            details["cost_usd"] = sum(one or 0.0 for one in costs)
        return replace(
            last,
            calls=tuple(call for one in self.seen for call in one.calls),
            user_calls=tuple(self.user_calls),
            latency_ms=sum(one.latency_ms for one in self.seen),
            details=details,
            trace=trace,
        )


NO_TURN = "the user ended the conversation before its first turn"


def turn_of(text: str, seen: Observation) -> Trace:
    """The trace of one turn."""
    return replace(
        seen.trace or Trace(),
        messages=None,
        turns=None,
        user=text,
        text=seen.text,
        output=seen.output,
        outcome=seen.outcome,
        error="" if seen.failure is None else seen.failure.message,
    )


class ConversationTarget:
    """Plays the conversation of each case that is one; any other case goes to the system as it is.

    The scripted turns come first, then those of the simulated user. A turn whose call failed ends the
    conversation. `deadline_s` is for the system's calls in all turns; time in the queue of a limiter does not
    count. Never raises for a bad case.
    """

    def __init__(self, system: Answering, speech: Speech, user: UserPlayer | None, deadline_s: float) -> None:
        self._system = system
        self._speech = speech
        self._user = user
        self._deadline_s = deadline_s

    async def __call__(self, case: Case, replicate: int) -> Observation:
        if not case.turns and self._user is None:
            return await self._system(case, replicate)
        clock = CaseClock()
        CLOCK.set(clock)
        try:
            return await self._play(case, replicate, clock)
        finally:
            CLOCK.set(None)

    async def aclose(self) -> None:
        """Close the system, and the model of the user."""
        await self._system.aclose()
        if self._user is not None:
            await self._user.aclose()

    async def _play(self, case: Case, replicate: int, clock: CaseClock) -> Observation:
        played = Played()
        async for says in self._says(case, replicate, played):
            played.user_calls += says.calls
            if says.failure is not None:
                return played.ended(Observation("error", failure=says.failure))
            if says.text is None:
                break
            if clock.spent_s >= self._deadline_s:
                message = (
                    f"the case's deadline of {self._deadline_s:g} s passed after {len(played.turns)} turns"
                )
                played.add(says.text, failed("call", "timeout", message))
                break
            inputs = self._speech.inputs(case, played.said, says.text)
            spent, started = clock.spent_s, perf_counter()
            seen = await self._system(replace(case, inputs=inputs, turns=()), replicate)
            if clock.spent_s == spent:  # nobody has counted the time of the call
                clock.spent_s += perf_counter() - started if not seen.calls or _is_live(seen) else 0.0
            played.add(says.text, seen)
            played.whole = list(self._speech.whole(inputs, played.said))
            if seen.outcome == "error":
                break
            answer = self._speech.answer(inputs, played.said, seen)
            played.said += [{"role": "user", "content": says.text}, *answer]
            played.whole += answer
        return played.ended()

    async def _says(self, case: Case, replicate: int, played: Played) -> AsyncIterator[Says]:
        """What the user says, turn by turn; `played` grows meanwhile."""
        for turn in case.turns:
            yield Says(turn.user)
        if self._user is None:
            return
        while len(played.turns) < self._user.max_turns:
            yield await self._user.says(case, played.said, replicate)


def _is_live(seen: Observation) -> bool:
    return any(call.served_by == "live" for call in seen.calls)
