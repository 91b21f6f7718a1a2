"""`callable: "app.answer:reply"`: the team's own application, called in this process."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from prompteval.cases.record import Typed, Validate
from prompteval.core.fingerprint import fingerprint
from prompteval.core.problem import Problem
from prompteval.plan.conversation.user import SimulatedUser
from prompteval.plan.results.mapping import ResultMap
from prompteval.workspace.code import load_code
from prompteval.workspace.settings import CASE_DEADLINE_SECONDS, Workspace


@dataclass(frozen=True)
class FunctionPlan:
    """A function of the team's own code. Its fingerprint covers its own file, not what that imports.

    `result` says that a mapping it returns is a result, `mapping` how a result is made of what it returns.
    `user` plays the user of a conversation; `timeout_s` is for each call.
    """

    entry: str
    fingerprint: str
    function: Callable[..., Any]
    result: bool = False
    mapping: ResultMap | None = None
    user: SimulatedUser | None = None
    timeout_s: float = CASE_DEADLINE_SECONDS

    own_model = "callable"
    validate: Validate | None = None
    typed: Typed | None = None
    output_fields: frozenset[str] | None = None

    @property
    def reference(self) -> str:
        return f"callable:{self.entry}"

    @property
    def name(self) -> str:
        return self.reference

    def problems(self) -> list[Problem]:
        return []


def plan_function(
    workspace: Workspace,
    entry: str,
    result: bool = False,
    mapping: ResultMap | None = None,
    timeout_s: float = CASE_DEADLINE_SECONDS,
) -> FunctionPlan:
    """The function `package.module:name` of the workspace. Raises UsageError as `load_code` does."""
    code = load_code(workspace, entry)
    mark = code.fingerprint
    if result or mapping is not None:
        mark = fingerprint([mark, result, dict(mapping.texts) if mapping is not None else None])
    return FunctionPlan(entry, mark, code.function, result, mapping, timeout_s=timeout_s)
