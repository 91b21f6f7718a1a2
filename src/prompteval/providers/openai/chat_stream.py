"""The chunks of a chat completion, put together."""

from dataclasses import dataclass, field

from prompteval.core.strict_json import JsonObject
from prompteval.providers.openai.reply import error_in, piece_of
from prompteval.providers.openai.stream import Piece

# Where servers put the thoughts of a model, beside the text of its answer.
_THOUGHTS = ("reasoning_content", "reasoning")
_KEPT = ("model", "system_fingerprint", "service_tier", "usage")


@dataclass(slots=True)
class _StreamedCall:
    """A call of a tool whose arguments come in pieces."""

    identifier: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)

    def take(self, identifier: object, name: object) -> None:
        """Keep what a piece says first."""
        self.identifier = self.identifier or (identifier if isinstance(identifier, str) else "")
        self.name = self.name or (name if isinstance(name, str) else "")

    def body(self) -> JsonObject:
        function = {"name": self.name, "arguments": "".join(self.arguments)}
        return {"id": self.identifier, "type": "function", "function": function}


class ChatAssembly:
    """One chat completion from its chunks."""

    def __init__(self, *, by_tool: bool) -> None:
        self._by_tool = by_tool
        self._texts: list[str] = []
        self._refusals: list[str] = []
        self._calls: dict[int, _StreamedCall] = {}
        self._logprobs: list[object] = []
        self._kept: JsonObject = {}
        self._finish: object = None

    @property
    def ended(self) -> bool:
        return self._finish is not None

    def take(self, event: object) -> Piece:
        error = error_in(event)
        if error is not None:
            raise error
        chunk = event if isinstance(event, dict) else {}
        self._kept |= {name: chunk[name] for name in _KEPT if chunk.get(name) is not None}
        choices = chunk.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
        delta = choice.get("delta")
        delta = delta if isinstance(delta, dict) else {}
        self._finish = choice.get("finish_reason") or self._finish
        logprobs = choice.get("logprobs")
        tokens = logprobs.get("content") if isinstance(logprobs, dict) else None
        self._logprobs += tokens if isinstance(tokens, list) else []
        text, refusal = piece_of(delta)
        if text is not None:
            self._texts.append(text)
        if isinstance(refusal, str):
            self._refusals.append(refusal)
        arguments = self._add_calls(delta.get("tool_calls"))
        thoughts = any(delta.get(name) for name in _THOUGHTS) or isinstance(delta.get("content"), list)
        answer = (arguments if self._by_tool else "") or text or ""
        return Piece(answer, bool(answer or arguments or refusal or thoughts))

    def body(self) -> JsonObject:
        calls = [call.body() for _, call in sorted(self._calls.items())]
        message = {
            "content": "".join(self._texts) if self._texts else None,
            "refusal": "".join(self._refusals) or None,
            "tool_calls": calls or None,
        }
        logprobs = {"content": self._logprobs} if self._logprobs else None
        choice = {"index": 0, "message": message, "finish_reason": self._finish, "logprobs": logprobs}
        return {**self._kept, "choices": [choice]}

    def _add_calls(self, calls: object) -> str:
        """Note the pieces of calls; the new arguments of the first one."""
        first = ""
        for call in calls if isinstance(calls, list) else ():
            function = call.get("function") if isinstance(call, dict) else None
            if not isinstance(function, dict):
                continue
            number = call.get("index")
            number = number if isinstance(number, int) else len(self._calls)
            found = self._calls.setdefault(number, _StreamedCall())
            found.take(call.get("id"), function.get("name"))
            arguments = function.get("arguments")
            if isinstance(arguments, str):
                found.arguments.append(arguments)
                first += arguments if number == min(self._calls) else ""
        return first
