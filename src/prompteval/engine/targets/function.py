"""`callable: "app.answer:reply"`: the team's own application, called in this process."""

import asyncio
import inspect
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import partial
from time import perf_counter
from typing import Any

from pydantic import ValidationError

from prompteval.core.case import Case
from prompteval.core.errors import UsageError
from prompteval.core.observation import Observation
from prompteval.engine.escaped import awaited, raised
from prompteval.engine.quick_threads import QuickThreads
from prompteval.plan.function import FunctionPlan
from prompteval.plan.results.json_values import as_mapping, json_values
from prompteval.plan.results.observed import observed, read_result, result_errors
from prompteval.plan.results.result import OPEN_KEYS, Result
from prompteval.plan.targets.base import failed


class _NotAResult(Exception):
    """What the function returned has not the shape that the suite says."""


class FunctionTarget:
    """Calls `function(**inputs)`, or `function(inputs)` where the inputs are not an object.

    A plain function runs in a thread, a coroutine on the loop.

    The function gives back what `json_values` reads; or a `Result`, or what the suite's `result:` or `map:`
    makes one of. What it raises is the case's error, by its type and message.
    """

    def __init__(self, plan: FunctionPlan) -> None:
        self._plan = plan
        self._function = plan.function
        self._entry = plan.entry
        self._is_async = inspect.iscoroutinefunction(plan.function)
        self._threads = QuickThreads()

    async def __call__(self, case: Case, replicate: int) -> Observation:
        started = perf_counter()
        inputs = deepcopy(case.inputs)  # which the function may change, and a repeat must not see
        named = isinstance(inputs, Mapping)
        call = partial(self._function, **inputs) if named else partial(self._function, inputs)
        try:
            async with asyncio.timeout(self._plan.timeout_s) as limit:
                found = await self._called(call)
            elapsed = (perf_counter() - started) * 1000
            return self._observed(found, elapsed)
        except _NotAResult as error:
            return failed("call", "bad_result", f"{self._entry}: {error}", latency_ms=elapsed)
        except ValidationError as error:  # of a result, or of a model of its own, in one line
            elapsed = (perf_counter() - started) * 1000
            message = f"{self._entry}: ValidationError: {error.title}: {result_errors(error)}"
            return failed("call", "callable", message, latency_ms=elapsed)
        except TimeoutError as error:  # of ours, or of its own
            elapsed = (perf_counter() - started) * 1000
            message = raised(error)
            if limit.expired():
                message = f"no answer within {self._plan.timeout_s:g} s; `timeout_s` in the suite allows more"
            kind = "timeout" if limit.expired() else "callable"
            return failed("call", kind, f"{self._entry}: {message}", latency_ms=elapsed)
        except (Exception, SystemExit) as error:  # sys.exit(0) would end the run as if it had passed
            elapsed = (perf_counter() - started) * 1000
            message = f"{self._entry}: {raised(error)}"
            return failed("call", "callable", message, latency_ms=elapsed)

    async def _called(self, call: Callable[[], Any]) -> object:
        """What the function gives; its coroutine's value, also where a plain function is around it."""
        found = call() if self._is_async else await self._threads.run(call)
        return await awaited(found) if inspect.isawaitable(found) else found

    def _observed(self, found: object, elapsed: float) -> Observation:
        result = self._result(found)
        if result is None:
            output, text = json_values(found)
            return Observation("ok", output=output, text=text, latency_ms=elapsed)
        output, text = json_values(result.output)
        result = result.model_copy(update={"output": output, **_json_parts(result)})
        return observed(result, model=self._plan.own_model, served_by="live", latency_ms=elapsed, raw=text)

    def _result(self, found: object) -> Result | None:
        """What the function gave as a result; None where it gave a bare output."""
        if isinstance(found, Result):
            return found
        mapping = self._plan.mapping
        if mapping is None and not self._plan.result:
            return None
        value = json_values(found)[0] if mapping is not None else as_mapping(found)
        try:
            return read_result(value, mapping)
        except UsageError as error:
            raise _NotAResult(f"what it returned is {error}") from None

    async def aclose(self) -> None:
        """End the threads that no call runs in."""
        self._threads.close()


def _json_parts(result: Result) -> dict[str, Any]:
    """The parts of a result that hold any value, as JSON. Raises TypeError or ValueError for what is none."""
    named = {name for name in OPEN_KEYS if getattr(result, name) is not None}
    if not named:
        return {}
    read = Result.model_validate(json_values(result.model_dump(include=named, exclude_unset=True))[0])
    return {name: getattr(read, name) for name in named}
