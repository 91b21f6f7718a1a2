"""Python that a suite names as `module:function`: only what is in the workspace or is allowed."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.fingerprint import fingerprint_bytes
from prompteval.workspace.imports import RESERVED, import_from
from prompteval.workspace.python_source import parse_python
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import WorkingTree

_INSTALLED = frozenset({"site-packages", "dist-packages"})


@dataclass(frozen=True, slots=True)
class LoadedFunction:
    """A function that a suite names; the fingerprint covers its own file, not what that imports."""

    entry: str
    function: Callable[..., object]
    fingerprint: str


def load_code(workspace: Workspace, entry: str) -> LoadedFunction:
    """The function `package.module:name` of a file in the workspace, or of a package in `allow`.

    Nothing is imported before it is known where it lies. Raises UsageError for another form, for a module
    from elsewhere, for one that does not load, and for a name that is not a function defined there.
    """
    module_name, attribute = _split(entry)
    path = _placed(workspace, entry, module_name)
    if not workspace.imports:
        return _unloaded(entry, workspace.root, path)
    try:
        module = import_from(workspace.root, module_name)
    except (Exception, SystemExit) as error:
        raise UsageError(f"{entry}: {type(error).__name__}: {error}") from None
    origin = getattr(module, "__file__", None)
    if path is not None and (origin is None or Path(origin).resolve() != path):
        message = (
            f"{entry}: another module {module_name!r} is loaded already, from {origin or 'Python itself'}"
        )
        raise UsageError(message, f"rename {path.relative_to(workspace.root).as_posix()}")
    function = getattr(module, attribute, None)
    if not callable(function):
        raise UsageError(f"{entry}: {module_name} has no function {attribute!r}")
    home = _home(function)
    if not _is_ours(workspace, home):
        message = f"{entry} is not defined in the workspace, but in {home or 'Python itself'}"
        raise UsageError(message, _how_to_allow(workspace, home, "write a function there that calls it"))
    source = Path(origin).read_bytes() if origin else module_name.encode()
    return LoadedFunction(entry, function, fingerprint_bytes(source.replace(b"\r\n", b"\n")))


def check_module(workspace: Workspace, module_name: str) -> None:
    """Raise UsageError for a module that `load_code` would not load; nothing is imported."""
    if not all(part.isidentifier() for part in module_name.split(".")):
        raise UsageError(f"{module_name!r} is not a module", 'write "evals.fakes" for evals/fakes.py')
    _unloaded(module_name, workspace.root, _placed(workspace, module_name, module_name))


def _placed(workspace: Workspace, entry: str, module_name: str) -> Path | None:
    """The file of a module in the workspace; None for one of a package in `allow`. Raises UsageError."""
    path = _find(workspace, module_name)
    if path is None and not _is_allowed(workspace, module_name):
        where = module_name.replace(".", "/")
        help = _how_to_allow(workspace, module_name, "name a function of a file in the workspace")
        raise UsageError(f"{entry}: {where}.py does not exist in the workspace", help)
    if path is not None and module_name.partition(".")[0] in RESERVED:
        message = f"{entry}: Python's own modules and those of prompteval's dependencies keep their names"
        raise UsageError(message, f"rename {path.relative_to(workspace.root).as_posix()}")
    return path


def _split(entry: str) -> tuple[str, str]:
    module_name, _, attribute = entry.partition(":")
    if not attribute.isidentifier() or not all(part.isidentifier() for part in module_name.split(".")):
        raise UsageError(f"{entry!r} is not module:function", 'write "app.answer:reply" for app/answer.py')
    return module_name, attribute


def _find(workspace: Workspace, module_name: str) -> Path | None:
    """The file of a module in the workspace; None where there is none, or where a link leads out."""
    base = workspace.root.joinpath(*module_name.split("."))
    for candidate in (base / "__init__.py", base.with_name(f"{base.name}.py")):
        path = candidate.resolve()
        if path.is_file() and _is_inside(workspace.root, path):
            return path
    return None


def _is_inside(root: Path, path: Path) -> bool:
    """Whether a file is the workspace's own: in its directory, and not installed into it."""
    return root in path.parents and _INSTALLED.isdisjoint(path.relative_to(root).parts)


def _is_allowed(workspace: Workspace, module_name: str) -> bool:
    return any(module_name == name or module_name.startswith(f"{name}.") for name in workspace.settings.allow)


def _is_ours(workspace: Workspace, module_name: str) -> bool:
    """Whether a module is allowed, or was loaded from a file of the workspace."""
    origin = getattr(sys.modules.get(module_name), "__file__", None)
    inside = origin is not None and _is_inside(workspace.root, Path(origin).resolve())
    return inside or _is_allowed(workspace, module_name)


def _home(function: object) -> str:
    """The module that a function, or the class of an object that can be called, is defined in."""
    while isinstance(function, partial):
        function = function.func
    return str(getattr(function, "__module__", None) or "")


def _how_to_allow(workspace: Workspace, module_name: str, instead: str) -> str:
    top = module_name.partition(".")[0]
    if not top or top in sys.stdlib_module_names:
        return instead
    return f'{instead}, or add allow = ["{top}"] to {workspace.config_path.name}'


def _unloaded(entry: str, root: Path, path: Path | None) -> LoadedFunction:
    """Check a function without importing it: its file must be Python."""
    try:
        source = b"" if path is None else WorkingTree(root).read(path.relative_to(root).as_posix())
        parse_python(source)
    except (SyntaxError, ValueError) as error:
        raise UsageError(f"{entry}: not Python: {error}") from None
    except InvalidInput as error:
        raise UsageError(f"{entry}: {error.problems[0].message}") from None

    def refuse(*_: object, **__: object) -> Any:
        raise UsageError(f"{entry} was not imported")

    return LoadedFunction(entry, refuse, fingerprint_bytes(source.replace(b"\r\n", b"\n")))
