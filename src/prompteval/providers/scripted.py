"""`scripted/<file>`: replies by rule, for testing a workspace without a model."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from prompteval.core.errors import DeadlineExceeded, InvalidInput, ProviderError
from prompteval.core.fingerprint import fingerprint_bytes
from prompteval.core.media import MEDIA_TYPES
from prompteval.core.problem import Collector
from prompteval.core.request import Request, Response, steps_made
from prompteval.core.tools import RequestedCall
from prompteval.isolate.pattern_search import SEARCH_SECONDS, compiled, search
from prompteval.isolate.worker import WorkerCrashed
from prompteval.workspace.field_types import Ranged
from prompteval.workspace.jsonl import read_jsonl
from prompteval.workspace.settings import ModelProfile
from prompteval.workspace.text import decode
from prompteval.workspace.tree import Tree, WorkingTree
from prompteval.workspace.validation import FileModel, Location, problem, validate


@dataclass(frozen=True, slots=True)
class ReplyRule:
    """A reply for every request whose last user message `when` finds.

    `steps` are the calls of its first replies, one a reply; `text`, where there is one, comes after them.
    """

    when: str
    text: str | None
    delay_ms: float = 0.0
    steps: tuple[tuple[RequestedCall, ...], ...] = ()

    def reply(self, step: int) -> tuple[str, tuple[RequestedCall, ...]] | None:
        """(text, calls) of the reply behind so many with calls; None where the rule has no more to say."""
        if step < len(self.steps):
            return "", self.steps[step]
        return None if self.text is None else (self.text, ())


class Scripted:
    """Answers from rules, the first that matches wins; no match is an error."""

    cacheable = False
    file_types = frozenset(MEDIA_TYPES)

    def __init__(self, rules: tuple[ReplyRule, ...], identity: str) -> None:
        self._rules = rules
        self._identity = identity

    @property
    def identity(self) -> str:
        return self._identity

    async def complete(self, request: Request) -> Response:
        asked = next((m.content for m in reversed(request.messages) if m.role == "user"), "")
        step = steps_made(request.messages)
        for rule in self._rules:
            reply = rule.reply(step) if _finds(rule.when, asked) else None
            if reply is not None:
                text, calls = reply
                if rule.delay_ms:
                    await asyncio.sleep(rule.delay_ms / 1000)
                return Response(
                    text,
                    finish="tool_calls" if calls else "stop",
                    model_reported=request.model,
                    latency_ms=rule.delay_ms,
                    tool_calls=calls,
                )
        raise ProviderError("no_match", f"no rule matches the message {asked[:80]!r}")

    async def aclose(self) -> None:
        """Nothing is held open."""


def _pattern(text: str) -> str:
    try:
        compiled(text, "when")
    except ValueError as error:
        raise problem(str(error)) from None
    return text


class _ScriptedCall(FileModel):
    """A call of a tool; arguments that are a text are sent as they are, JSON or not."""

    code = "PE401"
    mapping = "an object"

    name: Annotated[str, Field(min_length=1)]
    arguments: dict[str, Any] | str = Field({})

    def requested(self, identifier: str) -> RequestedCall:
        text = self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)
        return RequestedCall(identifier, self.name, text)


class _ReplyRuleLine(FileModel):
    """A rule is an object {"when": ..., "text" or "output": ...}, with `tool_calls` or both."""

    code = "PE401"
    mapping = "an object"

    when: Annotated[str, AfterValidator(_pattern)]
    text: str = ""
    output: Any = None
    tool_calls: list[_ScriptedCall | list[_ScriptedCall]] = Field([])
    delay_ms: Annotated[float, Ranged("delay_ms")] = 0.0

    @classmethod
    def refused(cls, raw: Mapping[object, object]) -> Mapping[Location, PydanticCustomError]:
        if ("text" in raw) + ("output" in raw) != 1 and not raw.get("tool_calls"):
            return {("text",): problem('a rule has "text" or "output", one of them')}
        if "text" in raw and "output" in raw:
            return {("text",): problem('a rule has "text" or "output", one of them')}
        return {}

    def rule(self) -> ReplyRule:
        """The rule of the line."""
        text = self.text if "text" in self.model_fields_set else None
        if "output" in self.model_fields_set:
            text = json.dumps(self.output)
        return ReplyRule(self.when, text, self.delay_ms, self._steps())

    def _steps(self) -> tuple[tuple[RequestedCall, ...], ...]:
        """One reply with all calls, or one for each list of them."""
        if any(isinstance(item, list) for item in self.tool_calls):
            steps = [item if isinstance(item, list) else [item] for item in self.tool_calls]
        else:
            steps = [[item for item in self.tool_calls if isinstance(item, _ScriptedCall)]]
        numbers = count(1)
        return tuple(
            tuple(call.requested(f"scripted{next(numbers)}") for call in step) for step in steps if step
        )


def _name(place: Location) -> str:
    return f'"{place[0]}"' if place else "a rule"


def create(model: str, profile: ModelProfile | None, root: Path) -> Scripted:
    """Replies by rules of a JSONL file, `scripted/<path from the root>`: the first that matches.

    Example: `scripted/evals/replies.jsonl`

    Raises InvalidInput, at file and line, for rules that cannot be read.
    """
    tree = WorkingTree(root)
    rules = read_rules(tree, model)
    return Scripted(rules, fingerprint_bytes(decode(tree.read(model), model).encode()))


def read_rules(tree: Tree, model: str) -> tuple[ReplyRule, ...]:
    """The rules of a file. Raises InvalidInput, at file and line, where they cannot be read."""
    rules: list[ReplyRule] = []
    problems = Collector(model)
    for number, raw in read_jsonl(tree.open(model), model, problems.add):
        found = validate(_ReplyRuleLine, raw, problems, lambda *_, line=number: (line, 1), _name)
        if found is not None:
            rules.append(found.rule())
    if not rules and not problems.found:
        problems.add(1, 1, "PE401", "the file has no rules")
    if problems.found:
        raise InvalidInput(problems.found)
    return tuple(rules)


def _finds(when: str, asked: str) -> bool:
    """Whether a rule matches a message. Raises ProviderError where the search does not end."""
    try:
        return search(when, asked, re.IGNORECASE) is not None
    except WorkerCrashed as error:
        raise ProviderError("no_match", f'"when": {when[:80]!r}: {error}') from None
    except DeadlineExceeded:
        message = f'"when": {when!r} did not end within {SEARCH_SECONDS:g} s on the message {asked[:80]!r}'
        raise ProviderError("no_match", message) from None
