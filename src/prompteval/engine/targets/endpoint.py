"""`endpoint: {url: ...}`: the team's own application, called over HTTP."""

import json
from collections.abc import Mapping
from time import perf_counter
from typing import TYPE_CHECKING

from prompteval.core.case import Case
from prompteval.core.errors import ProviderError, UsageError
from prompteval.core.observation import Observation
from prompteval.core.secret import from_environment, hide, hide_all, holds_secret
from prompteval.core.strict_json import loads
from prompteval.plan.results.observed import observed, read_result
from prompteval.plan.targets.base import failed
from prompteval.plan.targets.endpoint import EndpointPlan
from prompteval.wire import HttpAnswer, open_session, post_json

if TYPE_CHECKING:
    from aiohttp import ClientSession

_MISSING = object()


class EndpointTarget:
    """Posts each case's inputs; redirects are not followed, and an answer other than 200 is an error."""

    def __init__(self, plan: EndpointPlan) -> None:
        self._plan = plan
        self._session: ClientSession | None = None

    async def __call__(self, case: Case, replicate: int) -> Observation:
        started = perf_counter()
        try:
            answer = await self._post(case.inputs)
        except ProviderError as error:
            return failed("call", error.kind, str(error), latency_ms=_since(started))
        elapsed = _since(started)

        def bad(kind: str, message: str) -> Observation:
            return failed("call", kind, message, text=answer.excerpt(), latency_ms=elapsed)

        if answer.status != 200:
            return bad("refused" if answer.refuses_all else "server", f"HTTP {answer.status}")
        try:
            text = answer.text()
            value = loads(text)
        except ValueError as error:
            return bad("bad_response", f"the answer is not JSON: {error}")
        if holds_secret(text):
            text, value = hide(text), hide_all(value)
        if self._plan.result or self._plan.mapping is not None:
            try:
                return self._result(value, text, elapsed)
            except UsageError as error:
                return bad("bad_response", f"the answer is {error}")
        output = _pick(value, self._plan.output)
        if output is _MISSING:
            return bad("bad_response", f"the answer has no field {self._plan.output!r}")
        return Observation("ok", output=output, text=text, latency_ms=elapsed)

    def _result(self, value: object, text: str, elapsed: float) -> Observation:
        result = read_result(value, self._plan.mapping)
        return observed(result, model=self._plan.own_model, served_by="live", latency_ms=elapsed, raw=text)

    async def _post(self, inputs: object) -> HttpAnswer:
        if self._session is None:
            secret = {name: from_environment(variable) for name, variable in self._plan.headers_env.items()}
            self._session = open_session(self._plan.url, {**self._plan.headers, **secret})
        body = json.dumps(inputs).encode("ascii")
        return await post_json(self._session, self._plan.url, body, timeout_s=self._plan.timeout_s)

    async def aclose(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def _pick(answer: object, path: str) -> object:
    for part in path.split(".") if path else ():
        if not isinstance(answer, Mapping) or part not in answer:
            return _MISSING
        answer = answer[part]
    return answer


def _since(started: float) -> float:
    return (perf_counter() - started) * 1000
