"""`callable: "app.answer:reply"`: the team's own application, called in this process."""

import inspect
import json
from collections.abc import Mapping
from functools import partial
from time import perf_counter
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from prompteval.core.case import Case
from prompteval.core.errors import UsageError
from prompteval.core.observation import Observation
from prompteval.core.strict_json import loads
from prompteval.engine.escaped import awaited, raised
from prompteval.engine.quick_threads import QuickThreads
from prompteval.plan.function import FunctionPlan
from prompteval.plan.results.observed import observed, result_errors
from prompteval.plan.results.result import OPEN_KEYS, Result
from prompteval.plan.targets.base import failed


class _NotAResult(Exception):
    """What the function returned has not the shape that the suite says."""


class FunctionTarget:
    """Calls `function(**inputs)`, or `function(inputs)` where the inputs are not an object.

    A plain function runs in a thread, a coroutine on the loop.

    The function gives back text, JSON values or a pydantic model; or a `Result`, or what the suite's
    `result:` or `map:` makes one of. What it raises is the case's error, by its type and message.
    """

    def __init__(self, plan: FunctionPlan) -> None:
        self._plan = plan
        self._function = plan.function
        self._entry = plan.entry
        self._is_async = inspect.iscoroutinefunction(plan.function)
        self._threads = QuickThreads()

    async def __call__(self, case: Case, replicate: int) -> Observation:
        started = perf_counter()
        named = isinstance(case.inputs, Mapping)
        call = partial(self._function, **case.inputs) if named else partial(self._function, case.inputs)
        try:
            found = await awaited(call()) if self._is_async else await self._threads.run(call)
            elapsed = (perf_counter() - started) * 1000
            return self._observed(found, elapsed)
        except _NotAResult as error:
            return failed("call", "bad_result", f"{self._entry}: {error}", latency_ms=elapsed)
        except (Exception, SystemExit) as error:  # sys.exit(0) would end the run as if it had passed
            elapsed = (perf_counter() - started) * 1000
            message = f"{self._entry}: {raised(error)}"
            return failed("call", "callable", message, latency_ms=elapsed)

    def _observed(self, found: object, elapsed: float) -> Observation:
        result = self._result(found)
        if result is None:
            output, text = as_output(found)
            return Observation("ok", output=output, text=text, latency_ms=elapsed)
        output, text = as_output(result.output)
        result = result.model_copy(update={"output": output, **_json_parts(result)})
        return observed(result, model=self._plan.own_model, served_by="live", latency_ms=elapsed, raw=text)

    def _result(self, found: object) -> Result | None:
        """What the function gave as a result; None where it gave a bare output."""
        if isinstance(found, Result):
            return found
        mapping = self._plan.mapping
        if mapping is None and not self._plan.result:
            return None
        try:
            given = found if mapping is None else mapping.apply(to_jsonable_python(found))
            return Result.model_validate(given)
        except ValidationError as error:
            raise _NotAResult(f"what it returned is not a result: {result_errors(error)}") from None
        except UsageError as error:  # of the map
            raise _NotAResult(f"what it returned is not a result: {error}") from None

    async def aclose(self) -> None:
        """End the threads that no call runs in."""
        self._threads.close()


def _json_parts(result: Result) -> dict[str, Any]:
    """The parts of a result that hold any value, as JSON. Raises TypeError or ValueError for what is none."""
    named = {name for name in OPEN_KEYS if getattr(result, name) is not None}
    if not named:
        return {}
    read = Result.model_validate(as_output(result.model_dump(include=named, exclude_unset=True))[0])
    return {name: getattr(read, name) for name in named}


def as_output(found: object) -> tuple[object, str]:
    """(JSON values, raw text) of what an application gave back. Raises TypeError or ValueError otherwise."""
    if isinstance(found, str):
        return found, found
    dump = getattr(found, "model_dump", None)
    value = dump(mode="json") if callable(dump) else found
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return loads(text), text
