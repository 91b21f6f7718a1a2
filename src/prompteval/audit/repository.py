"""The modules of a repository, and what a dotted name of one means in another."""

import ast
import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prompteval.audit.scopes import Found, Scope, scopes_of

_EXPORT_STEPS = 5


@dataclass(frozen=True, slots=True)
class Module:
    """One file of Python, or the cells of one notebook."""

    path: str
    text: str
    tree: ast.Module
    found: Found
    is_test: bool


class Repository:
    """Modules by their dotted names, as far as their directories tell them.

    `package` is the name of the directory as a whole where it is one package.
    """

    def __init__(self, modules: Iterable[Module], package: str = "") -> None:
        self._package = f"{package}." if package else ""
        self.modules: Mapping[str, Module] = {module.path: module for module in modules}
        self._by_ending: dict[str, list[tuple[str, Module]]] = {}
        for module in self.modules.values():
            dotted = dotted_name(module.path)
            if dotted:
                self._by_ending.setdefault(dotted.rpartition(".")[2], []).append((dotted, module))

    def module(self, dotted: str, importer: str = "") -> Module | None:
        """The module that a dotted name means for a file: the one nearest to it where several end so.

        Where the repository is itself a package, its modules are also known below its own name.
        """
        if self._package and dotted.startswith(self._package):
            dotted = dotted.removeprefix(self._package)
        known = self._by_ending.get(dotted.rpartition(".")[2], ())
        fitting = [(name, module) for name, module in known if name == dotted or name.endswith("." + dotted)]
        if not fitting:
            return None
        return max(fitting, key=lambda one: (_common(one[1].path, importer), -len(one[0])))[1]

    def find(self, dotted: str, importer: str, depth: int = 0) -> tuple[Scope, str] | None:
        """(scope, name in it) of a dotted name, followed through imports; None for what is outside.

        The name is empty where a module as a whole is meant.
        """
        if depth > _EXPORT_STEPS:
            return None
        whole = self.module(dotted, importer)
        base, _, name = dotted.rpartition(".")
        holder = self.module(base, importer) if base else None
        if holder is not None:
            scope = holder.found.scope
            if name in scope.values or name in scope.definitions or name in scope.annotations:
                return scope, name
            if name in scope.imports:
                return self.find(scope.imports[name], holder.path, depth + 1)
        if whole is not None:
            return whole.found.scope, ""
        if base and (owner := self.find(base, importer, depth + 1)) is not None and owner[1]:
            inner = owner[0].definitions.get(owner[1])
            if inner is not None and (name in inner.values or name in inner.definitions):
                return inner, name
        return None


def make_module(path: str, text: str, tree: ast.Module, *, is_test: bool = False) -> Module:
    """A parsed file with its scopes."""
    dotted = dotted_name(path)
    package = dotted if posixpath.basename(path) == "__init__.py" else dotted.rpartition(".")[0]
    return Module(path, text, tree, scopes_of(tree, path, package), is_test)


def dotted_name(path: str) -> str:
    """`src/app/prompts.py` is `src.app.prompts`, `app/__init__.py` is `app`."""
    stem = path.rpartition(".")[0].removesuffix("/__init__")
    return "" if stem == "__init__" else stem.replace("/", ".")


def _common(path: str, other: str) -> int:
    """How many directories two paths share."""
    count = 0
    for one, two in zip(path.split("/")[:-1], other.split("/")[:-1], strict=False):
        if one != two:
            break
        count += 1
    return count
