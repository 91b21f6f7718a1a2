"""`callable: "app.answer:reply"`: the team's own application, called in this process."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from prompteval.cases.record import Validate
from prompteval.core.fingerprint import fingerprint_bytes
from prompteval.core.problem import Problem


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
