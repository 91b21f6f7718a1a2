"""`scripted/<file>`: replies by rule, for testing a workspace without a model."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from prompteval.core.errors import DeadlineExceeded, InvalidInput, ProviderError
from prompteval.core.fingerprint import fingerprint_bytes
from prompteval.core.problem import Collector
from prompteval.core.request import Request, Response
from prompteval.isolate.pattern_search import SEARCH_SECONDS, compiled, search
from prompteval.isolate.worker import WorkerCrashed
from prompteval.workspace.jsonl import read_jsonl
from prompteval.workspace.settings import ModelProfile
from prompteval.workspace.text import decode
from prompteval.workspace.tree import WorkingTree
from prompteval.workspace.validation import FileModel, Location, Ranged, problem, validate


@dataclass(frozen=True, slots=True)
class ReplyRule:
    """A reply for every request whose last user message `when` finds."""

    when: str
    text: str
    delay_ms: float = 0.0


class Scripted:
    """Answers from rules, the first that matches wins; no match is an error."""

    cacheable = False

    def __init__(self, rules: tuple[ReplyRule, ...], identity: str) -> None:
        self._rules = rules
        self._identity = identity

    @property
    def identity(self) -> str:
        return self._identity

    async def complete(self, request: Request) -> Response:
        asked = next((m.content for m in reversed(request.messages) if m.role == "user"), "")
        for rule in self._rules:
            if _finds(rule.when, asked):
                if rule.delay_ms:
                    await asyncio.sleep(rule.delay_ms / 1000)
                return Response(rule.text, model_reported=request.model, latency_ms=rule.delay_ms)
        raise ProviderError("no_match", f"no rule matches the message {asked[:80]!r}")

    async def aclose(self) -> None:
        """Nothing is held open."""


def _pattern(text: str) -> str:
    try:
        compiled(text, "when")
    except ValueError as error:
        raise problem(str(error)) from None
    return text


class _ReplyRuleLine(FileModel):
    """A rule is an object {"when": ..., "text" or "output": ...}."""

    code = "PE401"
    mapping = "an object"

    when: Annotated[str, AfterValidator(_pattern)]
    text: str = ""
    output: Any = None
    delay_ms: Annotated[float, Ranged("delay_ms")] = 0.0

    @classmethod
    def refused(cls, raw: Mapping[Any, Any]) -> Mapping[Location, PydanticCustomError]:
        if ("text" in raw) == ("output" in raw):
            return {("text",): problem('a rule has "text" or "output", one of them')}
        return {}


def _name(place: Location) -> str:
    return f'"{place[0]}"' if place else "a rule"


def create(model: str, profile: ModelProfile | None, root: Path) -> Scripted:
    """The provider for `scripted/<model>`, a path from the workspace's root.

    Raises InvalidInput, at file and line, for rules that cannot be read.
    """
    tree = WorkingTree(root)
    rules: list[ReplyRule] = []
    problems = Collector(model)
    for number, raw in read_jsonl(tree.open(model), model, problems.add):
        found = validate(_ReplyRuleLine, raw, problems, lambda *_, line=number: (line, 1), _name)
        if found is not None:
            text = found.text if "text" in found.model_fields_set else json.dumps(found.output)
            rules.append(ReplyRule(found.when, text, found.delay_ms))
    if not rules and not problems.found:
        problems.add(1, 1, "PE401", "the file has no rules")
    if problems.found:
        raise InvalidInput(problems.found)
    return Scripted(tuple(rules), fingerprint_bytes(decode(tree.read(model), model).encode()))


def _finds(when: str, asked: str) -> bool:
    """Whether a rule matches a message. Raises ProviderError where the search does not end."""
    try:
        return search(when, asked, re.IGNORECASE) is not None
    except WorkerCrashed as error:
        raise ProviderError("no_match", f'"when": {when[:80]!r}: {error}') from None
    except DeadlineExceeded:
        message = f'"when": {when!r} did not end within {SEARCH_SECONDS:g} s on the message {asked[:80]!r}'
        raise ProviderError("no_match", message) from None
