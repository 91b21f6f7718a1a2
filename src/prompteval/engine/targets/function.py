"""`callable: "app.answer:reply"`: the team's own application, called in this process."""

import asyncio
import inspect
import json
from collections.abc import Callable, Mapping
from functools import partial
from time import perf_counter
from typing import Any

from prompteval.core.case import Case
from prompteval.core.observation import Observation
from prompteval.core.strict_json import loads
from prompteval.engine.interruption import computing
from prompteval.plan.targets.base import failed


class FunctionTarget:
    """Calls `function(**inputs)`, or `function(inputs)` where the inputs are not an object.

    A plain function runs in a thread, a coroutine on the loop.

    The function gives back text, JSON values or a pydantic model. What it raises is the case's
    error, by its type and message.
    """

    def __init__(self, function: Callable[..., Any], entry: str) -> None:
        self._function = function
        self._entry = entry
        self._is_async = inspect.iscoroutinefunction(function)

    async def __call__(self, case: Case, replicate: int) -> Observation:
        started = perf_counter()
        named = isinstance(case.inputs, Mapping)
        call = partial(self._function, **case.inputs) if named else partial(self._function, case.inputs)
        try:
            found = await call() if self._is_async else await _in_thread(call)
            output, text = as_output(found)
        except (Exception, SystemExit) as error:  # sys.exit(0) would end the run as if it had passed
            elapsed = (perf_counter() - started) * 1000
            message = f"{self._entry}: {type(error).__name__}: {error}"
            return failed("call", "callable", message, latency_ms=elapsed)
        elapsed = (perf_counter() - started) * 1000
        return Observation("ok", output=output, text=text, latency_ms=elapsed)

    async def aclose(self) -> None:
        """Nothing is held open."""


async def _in_thread(call: Callable[[], Any]) -> object:
    with computing():
        return await asyncio.to_thread(call)


def as_output(found: object) -> tuple[Any, str]:
    """(JSON values, raw text) of what an application gave back. Raises TypeError or ValueError otherwise."""
    if isinstance(found, str):
        return found, found
    dump = getattr(found, "model_dump", None)
    value = dump(mode="json") if callable(dump) else found
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return loads(text), text
