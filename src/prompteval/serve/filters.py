"""Functions of the team that see inputs before the model does, and outputs before the caller does."""

import inspect
from collections.abc import Callable, Sequence
from typing import Final, Literal, TypeAlias

from prompteval.core.errors import UsageError
from prompteval.engine.escaped import awaited
from prompteval.engine.quick_threads import QuickThreads
from prompteval.serve.problems import Refusal
from prompteval.workspace.code import load_code
from prompteval.workspace.settings import Workspace

FORM: Final = "python:module:function"
# (where it stands, the prompt's reference, the inputs or the output as JSON values) -> why not, or None.
Stage: TypeAlias = Literal["before", "after"]
FilterFunction: TypeAlias = Callable[[Stage, str, object], object]


class Filters:
    """The filters of a service, asked in order; the first that says no ends the request.

    A filter is `function(stage, prompt, value)`, plain or async: it returns None to let through, or a text
    that says why not. One that fails, or returns anything else, lets nothing through.
    """

    def __init__(self, functions: Sequence[FilterFunction]) -> None:
        self._functions = tuple(functions)
        self._threads = QuickThreads()

    @classmethod
    def load(cls, workspace: Workspace, entries: Sequence[str]) -> "Filters":
        """Raises UsageError for an entry of another form, and as `load_code`."""
        functions = []
        for entry in entries:
            kind, _, rest = entry.partition(":")
            if kind != "python":
                raise UsageError(f"--filter {entry}: it is not {FORM}", "write python:app.screen:check")
            functions.append(load_code(workspace, rest).function)
        return cls(functions)

    def __bool__(self) -> bool:
        return bool(self._functions)

    async def check(self, stage: Stage, prompt: str, value: object) -> None:
        """Raise Refusal where a filter says no (422, `filtered`) or fails (503)."""
        for function in self._functions:
            try:
                found = await self._ask(function, stage, prompt, value)
            except Exception:
                raise Refusal(503, "filter", "a content filter failed", retry_after_s=1) from None
            if isinstance(found, str):
                what = "request" if stage == "before" else "answer"
                raise Refusal(422, "filtered", f"a content filter stopped the {what}")
            if found is not None:
                raise Refusal(503, "filter", "a content filter failed", retry_after_s=1)

    async def _ask(self, function: FilterFunction, stage: Stage, prompt: str, value: object) -> object:
        if inspect.iscoroutinefunction(function):
            return await awaited(function(stage, prompt, value))
        return await self._threads.run(lambda: function(stage, prompt, value))

    def close(self) -> None:
        """End the threads that no filter runs in."""
        self._threads.close()
