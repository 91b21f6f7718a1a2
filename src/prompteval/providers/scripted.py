"""`scripted/<file>`: replies by rule, for testing a workspace without a model."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prompteval.core.errors import DeadlineExceeded, InvalidInput, ProviderError
from prompteval.core.fingerprint import fingerprint_bytes
from prompteval.core.problem import Problem, did_you_mean
from prompteval.core.ranges import RANGES
from prompteval.core.request import Request, Response
from prompteval.isolate.pattern_search import SEARCH_SECONDS, compiled, search
from prompteval.isolate.worker import WorkerCrashed
from prompteval.workspace.settings import ModelProfile
from prompteval.workspace.text import decode
from prompteval.workspace.tree import WorkingTree

KEYS = frozenset({"when", "text", "output", "delay_ms"})


@dataclass(frozen=True, slots=True)
class Rule:
    """A reply for every request whose last user message `when` finds."""

    when: str
    text: str
    delay_ms: float = 0.0


class Scripted:
    """Answers from rules, the first that matches wins; no match is an error."""

    cacheable = False

    def __init__(self, rules: tuple[Rule, ...], identity: str) -> None:
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


def create(model: str, profile: ModelProfile | None, root: Path) -> Scripted:
    """The provider for `scripted/<model>`, a path from the workspace's root.

    Raises InvalidInput, at file and line, for rules that cannot be read.
    """
    data = WorkingTree(root).read(model)
    text = decode(data, model)
    return Scripted(_rules(text, model), fingerprint_bytes(text.encode()))


def _rules(text: str, path: str) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            rules.append(_rule(json.loads(line)))
        except json.JSONDecodeError as error:
            message = f"not JSON: {error.msg}"
            problems.append(Problem(path, number, error.colno, "PE401", message, "one rule a line"))
        except RecursionError:
            problems.append(Problem(path, number, 1, "PE401", "not a rule: nested too deeply"))
        except (ValueError, TypeError) as error:
            problems.append(Problem(path, number, 1, "PE401", f"not a rule: {error}"))
    if not rules and not problems:
        problems.append(Problem(path, 1, 1, "PE401", "there is no rule in the file"))
    if problems:
        raise InvalidInput(problems)
    return tuple(rules)


def _rule(raw: Any) -> Rule:
    if not isinstance(raw, Mapping):
        raise ValueError('a rule is an object {"when": ..., "text" or "output": ...}')
    unknown = next((key for key in raw if key not in KEYS), None)
    if unknown is not None:
        raise ValueError(f"unknown key {unknown!r} ({did_you_mean(unknown, KEYS)})")
    if ("text" in raw) == ("output" in raw):
        raise ValueError('a rule has "text" or "output", one of them')
    text = raw["text"] if "text" in raw else json.dumps(raw["output"])
    if not isinstance(text, str) or not isinstance(raw.get("when"), str):
        raise ValueError('"when" and "text" are texts')
    delay = raw.get("delay_ms", 0)
    if fault := RANGES["delay_ms"].fault('"delay_ms"', delay):
        raise ValueError(fault)
    compiled(raw["when"], '"when"')
    return Rule(raw["when"], text, float(delay))


def _finds(when: str, asked: str) -> bool:
    """Whether a rule matches a message. Raises ProviderError where the search does not end."""
    try:
        return search(when, asked, re.IGNORECASE) is not None
    except WorkerCrashed as error:
        raise ProviderError("no_match", f'"when": {when[:80]!r}: {error}') from None
    except DeadlineExceeded:
        message = f'"when": {when!r} did not end within {SEARCH_SECONDS:g} s on the message {asked[:80]!r}'
        raise ProviderError("no_match", message) from None
