"""What a client sends: a server on loopback that keeps each request and always answers the same."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prompteval.core.request import Request, Response
from prompteval.core.tools import ToolDefinition
from prompteval.providers.hosted.provider import HostedProvider
from prompteval.workspace.settings import ModelProfile
from tests.hostile import Asked, Hostile, Made, says

KEY = "our-test-key-0123456789"
PARAMETERS: dict[str, Any] = {
    "type": "object", "properties": {"city": {"type": "string", "description": "Where."}},
    "required": ["city"], "additionalProperties": False,
}  # fmt: skip
TOOL = ToolDefinition("weather", "The weather now.", PARAMETERS)
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"label": {"type": "string", "enum": ["a", "ü"]}, "share": {"type": "number"}},
    "required": ["label", "share"],
    "additionalProperties": False,
}
Create = Callable[[str, ModelProfile | None, Path], HostedProvider]


@dataclass(frozen=True)
class Wire:
    """A request as it arrived: its line, the headers by their small names, the JSON of its body."""

    line: str
    headers: Mapping[str, str]
    body: Any

    @classmethod
    def of(cls, asked: Asked) -> "Wire":
        line, *rest = asked.head.split("\r\n")
        pairs = (one.partition(":") for one in rest)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        return cls(line, headers, json.loads(asked.body))


def use(create: Create, server: Hostile, run: Callable[[HostedProvider], Awaitable[Any]], **keys: Any) -> Any:
    """What `run` gives for a model of that server, closed behind it. The key is in OUR_KEY."""

    async def used() -> Any:
        base_url = server.url.removesuffix("/v1")
        made = create("m", ModelProfile("m", base_url=base_url, api_key_env="OUR_KEY", **keys), Path())
        try:
            return await run(made)
        finally:
            await made.aclose()

    return asyncio.run(used())


def sent(create: Create, request: Request, answer: Any, **keys: Any) -> Wire:
    """What our client sends for a request."""
    with Hostile(says(answer)) as server:
        use(create, server, lambda model: model.complete(request), **keys)
        return Wire.of(server.asked[0])


def replied(create: Create, request: Request, made: Made, **keys: Any) -> Response:
    """The reply that our client reads. Raises ProviderError as it does."""
    with Hostile(made) as server:
        found: Response = use(create, server, lambda model: model.complete(request), **keys)
        return found


def camel(value: Any) -> Any:
    """Names of fields in one of the two forms that the API takes alike; the SDK sends some in the other."""
    if isinstance(value, list):
        return [camel(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {re.sub("_([a-z])", lambda m: m[1].upper(), name): camel(one) for name, one in value.items()}
