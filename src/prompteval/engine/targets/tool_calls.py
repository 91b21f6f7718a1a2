"""Calls of tools in the replies of a model: as a trace keeps them, and answered by fakes."""

import asyncio
import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from prompteval.core.problem import did_you_mean
from prompteval.core.request import Message, Response
from prompteval.core.secret import hide, hide_all, holds_secret
from prompteval.core.tools import RequestedCall
from prompteval.core.trace import ToolCall, Trace
from prompteval.engine.escaped import awaited, raised
from prompteval.engine.quick_threads import QuickThreads
from prompteval.plan.fakes import Fakes
from prompteval.plan.results.json_values import json_values
from prompteval.prompt.prompt import Prompt

# What a tool gave: its JSON value, and the text of it for the model.
Found = tuple[Any, str]


def recorded(prompt: Prompt, call: RequestedCall, step: int) -> ToolCall:
    """A call that is not answered as a trace keeps it."""
    tool = prompt.known_tools.get(call.name)
    return _kept(call, call.read() if tool is None else tool.read(call).values, step)


def _kept(
    call: RequestedCall, values: Mapping[str, object] | None, step: int, result: object = None
) -> ToolCall:
    """A call with its arguments as JSON values, or their text where that is not a JSON object."""
    unread = call.arguments if values is None else ""
    return ToolCall(call.name, values or {}, result, step, unread)


def first_reply(prompt: Prompt, messages: Sequence[Message], response: Response) -> Trace | None:
    """The calls and the conversation of a prompt whose tools are not called; None for one without tools."""
    if not prompt.tools:
        return None
    calls = tuple(recorded(prompt, call, 0) for call in response.tool_calls)
    said = Message("assistant", response.text, response.tool_calls)
    return Trace(tool_calls=calls, messages=tuple(message.as_chat() for message in (*messages, said)))


@dataclass(frozen=True, slots=True)
class Answered:
    """A call that was answered: as a trace keeps it, with its result, and as the model reads it."""

    call: ToolCall
    message: Message


class FakeTools:
    """Answers calls with the functions that stand for the tools."""

    def __init__(self, prompt: Prompt, fakes: Fakes) -> None:
        self._tools = prompt.known_tools
        self._functions = fakes.functions
        self._threads = QuickThreads()
        self._async = {
            name for name, function in fakes.functions.items() if inspect.iscoroutinefunction(function)
        }

    async def answers(self, calls: Sequence[RequestedCall], step: int) -> list[Answered]:
        """The answer of each call of one reply, in order; several calls run side by side."""
        if len(calls) == 1:
            return [await self._one(calls[0], step)]
        return list(await asyncio.gather(*(self._one(call, step) for call in calls)))

    async def _one(self, call: RequestedCall, step: int) -> Answered:
        """What a function gives back. What it raises, and a call that it cannot take, is an error to read."""
        tool = self._tools.get(call.name)
        values: Mapping[str, object] | None
        if tool is None:
            help = did_you_mean(call.name, self._tools)
            found = _error(f"unknown tool {call.name!r}" + (f" ({help})" if help else ""))
            values = call.read()
        else:
            arguments = tool.read(call)
            values = arguments.values
            found = _error(arguments.fault) if arguments.fault else await self._tried(call, arguments.typed)
        value, text = found
        return Answered(_kept(call, values, step, value), Message("tool", text, tool_call_id=call.id))

    async def _tried(self, call: RequestedCall, arguments: Mapping[str, object]) -> Found:
        try:
            return _read(await self._called(call.name, arguments))
        except (Exception, SystemExit) as error:  # a fake that ends the process must not end the run
            return _error(raised(error))

    async def _called(self, name: str, arguments: Mapping[str, object]) -> object:
        """A plain function runs in a thread, a coroutine on the loop."""
        function = partial(self._functions[name], **arguments)
        found = function() if name in self._async else await self._threads.run(function)
        return await awaited(found) if inspect.isawaitable(found) else found

    def close(self) -> None:
        """End the threads that no call runs in."""
        self._threads.close()


def _read(found: object) -> Found:
    """(JSON value, text) of what a function gave back. Raises ValueError for what JSON does not have."""
    value, text = json_values(found)
    return (hide_all(value), hide(text)) if holds_secret(text) else (value, text)


def _error(message: str) -> Found:
    value = {"error": hide(message)}
    return value, json.dumps(value, ensure_ascii=False)
