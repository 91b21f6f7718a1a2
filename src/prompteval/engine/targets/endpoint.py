"""`endpoint: {url: ...}`: the team's own application, called over HTTP."""

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from prompteval.cases.record import Validate
from prompteval.core.case import Case
from prompteval.core.errors import UsageError
from prompteval.core.fingerprint import fingerprint
from prompteval.core.observation import Observation
from prompteval.core.problem import Problem, did_you_mean
from prompteval.core.protocols import Provider
from prompteval.engine.targets.base import failed

KEYS = frozenset({"url", "headers", "headers_env", "output", "timeout_s"})
_MISSING = object()


@dataclass(frozen=True)
class EndpointPlan:
    """An HTTP endpoint that takes a case's inputs as JSON by POST and answers with JSON.

    `headers_env` names the variables that hold secret header values; they are read at the call
    and never stored. `output` is a dotted path into the answer, empty for the whole of it.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    headers_env: Mapping[str, str] = field(default_factory=dict)
    output: str = ""
    timeout_s: float = 60.0

    own_model = "endpoint"
    validate: Validate | None = None
    output_fields: frozenset[str] | None = None

    @property
    def reference(self) -> str:
        return f"endpoint:{self.url}"

    @property
    def name(self) -> str:
        return self.reference

    @property
    def fingerprint(self) -> str:
        """Over the request, not over the code behind it, which cannot be seen from here."""
        return fingerprint([self.url, dict(self.headers), self.output])

    def problems(self) -> list[Problem]:
        return []

    def open(self, model: str, provider: Provider | None) -> "EndpointTarget":
        """Raises UsageError when a variable of `headers_env` is not set."""
        missing = [name for name in self.headers_env.values() if not os.environ.get(name)]
        if missing:
            raise UsageError(f"{missing[0]} is not set; {self.url} needs it", "set it in the environment")
        return EndpointTarget(self)


class EndpointTarget:
    """Posts each case's inputs; redirects are not followed, and an answer other than 200 is an error."""

    def __init__(self, plan: EndpointPlan) -> None:
        self._plan = plan
        self._session: Any = None

    async def __call__(self, case: Case, replicate: int) -> Observation:
        started = perf_counter()
        try:
            async with asyncio.timeout(self._plan.timeout_s):
                status, body = await self._post(case.inputs)
        except TimeoutError:
            message = f"no complete answer within {self._plan.timeout_s:g} s"
            return failed("call", "timeout", message, latency_ms=_since(started))
        except OSError as error:
            message = f"no connection: {type(error).__name__}: {error}"
            return failed("call", "connection", message, latency_ms=_since(started))
        elapsed = _since(started)
        if status != 200:
            return failed("call", "server", f"HTTP {status}", text=body[:500], latency_ms=elapsed)
        try:
            answer = json.loads(body)
        except ValueError:
            message = "the answer is not JSON"
            return failed("call", "bad_response", message, text=body[:500], latency_ms=elapsed)
        output = _pick(answer, self._plan.output)
        if output is _MISSING:
            message = f"the answer has no field {self._plan.output!r}"
            return failed("call", "bad_response", message, text=body[:500], latency_ms=elapsed)
        return Observation("ok", output=output, text=body, latency_ms=elapsed)

    async def _post(self, inputs: Any) -> tuple[int, str]:
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=True)
        secret = {name: os.environ.get(variable, "") for name, variable in self._plan.headers_env.items()}
        headers = {**self._plan.headers, **secret}
        try:
            sent = self._session.post(self._plan.url, json=inputs, headers=headers, allow_redirects=False)
            async with sent as reply:
                return reply.status, await reply.text(errors="replace")
        except aiohttp.ClientError as error:
            raise OSError(str(error)) from None

    async def aclose(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def plan_endpoint(raw: Mapping[str, Any]) -> EndpointPlan:
    """The endpoint a suite describes. Raises ValueError for a key or value that is wrong."""
    for key in raw:
        if key not in KEYS:
            raise ValueError(f"endpoint: unknown key {key!r} ({did_you_mean(str(key), KEYS)})")
    url = raw.get("url")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise ValueError("endpoint: url begins with http:// or https://")
    for name in ("headers", "headers_env"):
        table = raw.get(name, {})
        if not isinstance(table, Mapping) or not all(isinstance(value, str) for value in table.values()):
            raise ValueError(f"endpoint: {name} is a mapping of header names to texts")
    timeout_s = raw.get("timeout_s", 60.0)
    if isinstance(timeout_s, bool) or not isinstance(timeout_s, int | float) or timeout_s <= 0:
        raise ValueError("endpoint: timeout_s is a number above zero")
    output = raw.get("output", "")
    if not isinstance(output, str):
        raise ValueError("endpoint: output is a dotted path, such as reply.text")
    return EndpointPlan(url, raw.get("headers", {}), raw.get("headers_env", {}), output, float(timeout_s))


def _pick(answer: Any, path: str) -> Any:
    for part in path.split(".") if path else ():
        if not isinstance(answer, Mapping) or part not in answer:
            return _MISSING
        answer = answer[part]
    return answer


def _since(started: float) -> float:
    return (perf_counter() - started) * 1000
