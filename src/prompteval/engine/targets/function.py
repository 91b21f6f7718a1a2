"""`callable: "app.answer:reply"`: the team's own application, called in this process."""

import asyncio
import inspect
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

from prompteval.cases.record import Validate
from prompteval.core.case import Case
from prompteval.core.fingerprint import fingerprint_bytes
from prompteval.core.observation import Observation
from prompteval.core.problem import Problem
from prompteval.core.protocols import Provider
from prompteval.engine.targets.base import failed


@dataclass(frozen=True)
class FunctionPlan:
    """A function of the team's own code. Its fingerprint covers its own file, not what that imports."""

    entry: str
    fingerprint: str
    function: Callable[..., Any]

    own_model = "callable"
    validate: Validate | None = None
    output_fields: frozenset[str] | None = None

    @property
    def reference(self) -> str:
        return f"callable:{self.entry}"

    @property
    def name(self) -> str:
        return self.reference

    def problems(self) -> list[Problem]:
        return []

    def open(self, model: str, provider: Provider | None) -> "FunctionTarget":
        return FunctionTarget(self.function, self.entry)


class FunctionTarget:
    """Calls `function(**inputs)`, or `function(inputs)` where the inputs are no object.

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
            found = await call() if self._is_async else await asyncio.to_thread(call)
            output, text = as_output(found)
        except (Exception, SystemExit) as error:  # sys.exit(0) would end the run as if it had passed
            elapsed = (perf_counter() - started) * 1000
            message = f"{self._entry}: {type(error).__name__}: {error}"
            return failed("call", "callable", message, latency_ms=elapsed)
        elapsed = (perf_counter() - started) * 1000
        return Observation("ok", output=output, text=text, latency_ms=elapsed)

    async def aclose(self) -> None:
        """Nothing is held open."""


def as_output(found: Any) -> tuple[Any, str]:
    """(JSON values, raw text) of what an application gave back. Raises TypeError or ValueError otherwise."""
    if isinstance(found, str):
        return found, found
    dump = getattr(found, "model_dump", None)
    value = dump(mode="json") if callable(dump) else found
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return json.loads(text), text


def plan_function(root: Path, entry: str) -> FunctionPlan:
    """The function `package.module:name`, imported with the workspace's root on the path.

    Raises ValueError when there is no such module or name, or when the module does not load.
    """
    module_name, colon, attribute = entry.partition(":")
    if not colon or not attribute.isidentifier() or not all(p.isidentifier() for p in module_name.split(".")):
        raise ValueError(f"callable: {entry!r} is not module:function")
    with _importable(root):
        try:
            module = import_module(module_name)
        except (Exception, SystemExit) as error:
            raise ValueError(f"callable: {module_name}: {type(error).__name__}: {error}") from None
    function = getattr(module, attribute, None)
    if not callable(function):
        raise ValueError(f"callable: {module_name} has no function {attribute!r}")
    source = Path(module.__file__).read_bytes() if module.__file__ else module_name.encode()
    return FunctionPlan(entry, fingerprint_bytes(source), function)


@contextmanager
def _importable(root: Path) -> Iterator[None]:
    """The workspace's root first on the path, and no bytecode written."""
    quiet, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path.remove(str(root))
        sys.dont_write_bytecode = quiet
