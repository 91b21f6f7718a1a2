"""`endpoint: {url: ...}`: the team's own application, called over HTTP."""

import asyncio
import json
import os
from collections.abc import Mapping
from time import perf_counter
from typing import Any

from prompteval.core.case import Case
from prompteval.core.observation import Observation
from prompteval.plan.targets.base import failed
from prompteval.plan.targets.endpoint import EndpointPlan

_MISSING = object()


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


def _pick(answer: Any, path: str) -> Any:
    for part in path.split(".") if path else ():
        if not isinstance(answer, Mapping) or part not in answer:
            return _MISSING
        answer = answer[part]
    return answer


def _since(started: float) -> float:
    return (perf_counter() - started) * 1000
