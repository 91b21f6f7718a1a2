"""`callable: "app.answer:reply"`: the team's own application, called in this process."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from prompteval.cases.record import Typed, Validate
from prompteval.core.problem import Problem
from prompteval.workspace.code import load_code
from prompteval.workspace.settings import Workspace


@dataclass(frozen=True)
class FunctionPlan:
    """A function of the team's own code. Its fingerprint covers its own file, not what that imports."""

    entry: str
    fingerprint: str
    function: Callable[..., Any]

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


def plan_function(workspace: Workspace, entry: str) -> FunctionPlan:
    """The function `package.module:name` of the workspace. Raises UsageError as `load_code` does."""
    code = load_code(workspace, entry)
    return FunctionPlan(entry, code.fingerprint, code.function)
