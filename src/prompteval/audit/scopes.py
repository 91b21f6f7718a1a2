"""The scopes of a module: what each name is bound to, by assignments, imports, parameters and definitions."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Parameter: TypeAlias = tuple["Scope", str]


@dataclass(slots=True, eq=False)
class Scope:
    """A module, class or function. Values are all expressions that a name is bound to, in their order.

    `attributes` are those of `self` (of a class); `added` what is appended to a list of that name.
    """

    path: str
    name: str
    kind: str  # module, class, function
    node: ast.Module | ast.ClassDef | Function | ast.Lambda
    parent: "Scope | None" = None
    values: dict[str, list[ast.expr]] = field(default_factory=dict)
    elements: dict[str, list[ast.expr]] = field(default_factory=dict)
    added: dict[str, list[ast.expr]] = field(default_factory=dict)
    attributes: dict[str, list[tuple[ast.expr, "Scope"]]] = field(default_factory=dict)
    annotations: dict[str, ast.expr] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, ast.expr | None] = field(default_factory=dict)
    positional: list[str] = field(default_factory=list)
    definitions: dict[str, "Scope"] = field(default_factory=dict)
    returns: list[ast.expr] = field(default_factory=list)
    bases: list[ast.expr] = field(default_factory=list)

    def around(self) -> "Iterator[Scope]":
        """This scope and those that a name is looked up in after it; a class only from its own body."""
        scope: Scope | None = self
        while scope is not None:
            if scope is self or scope.kind != "class":
                yield scope
            scope = scope.parent

    def enclosing_class(self) -> "Scope | None":
        """The class that a method belongs to."""
        scope = self.parent
        while scope is not None and scope.kind == "function":
            scope = scope.parent
        return scope if scope is not None and scope.kind == "class" else None


@dataclass(slots=True)
class Found:
    """The scopes of a module and every call in it, in the order of the text."""

    scope: Scope
    calls: list[tuple[ast.Call, Scope]]
    roots: set[str]


def scopes_of(tree: ast.Module, path: str, package: str) -> Found:
    """Read a module without recursion, so that no nesting is too deep. `package` is what `.` means."""
    found = Found(Scope(path, "", "module", tree), [], set())
    stack: list[tuple[ast.AST, Scope]] = [(tree, found.scope)]
    while stack:
        node, scope = stack.pop()
        if isinstance(node, ast.Call):
            found.calls.append((node, scope))
            _note_addition(node, scope)
        inner = _opened(node, scope)
        if inner is scope:
            _note(node, scope, package, found.roots)
        children = [(child, inner) for child in ast.iter_child_nodes(node)]
        stack.extend(reversed(children))
    return found


def _opened(node: ast.AST, scope: Scope) -> Scope:
    """The scope that a node opens for what is in it, registered where it is defined; `scope` for none."""
    if isinstance(node, ast.ClassDef):
        made = Scope(scope.path, node.name, "class", node, scope, bases=node.bases)
        scope.definitions[node.name] = made
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        made = Scope(scope.path, node.name, "function", node, scope)
        scope.definitions[node.name] = made
        _note_parameters(node.args, made)
    elif isinstance(node, ast.Lambda):
        made = Scope(scope.path, "", "function", node, scope, returns=[node.body])
        _note_parameters(node.args, made)
    else:
        return scope
    return made


def _note_parameters(arguments: ast.arguments, scope: Scope) -> None:
    every = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(every) - len(arguments.defaults)) + list(arguments.defaults)
    for one, default in [*zip(every, defaults, strict=True), *zip(
        arguments.kwonlyargs, arguments.kw_defaults, strict=True
    )]:  # fmt: skip
        scope.parameters[one.arg] = default
        if one.annotation is not None:
            scope.annotations[one.arg] = one.annotation
    scope.positional = [one.arg for one in every]


def _note(node: ast.AST, scope: Scope, package: str, roots: set[str]) -> None:
    """What a statement or expression binds."""
    match node:
        case ast.Import() | ast.ImportFrom():
            _note_import(node, scope, package, roots)
        case ast.Assign():
            for target in node.targets:
                _bind(target, node.value, scope)
        case ast.AnnAssign():
            _annotate(node, scope)
        case ast.AugAssign(target=ast.Name(id=name)):
            scope.values.setdefault(name, []).append(node.value)
            scope.added.setdefault(name, []).append(ast.copy_location(ast.Starred(node.value), node.value))
        case ast.NamedExpr():
            _bind(node.target, node.value, scope)
        case ast.For() | ast.AsyncFor() | ast.comprehension():
            if isinstance(node.target, ast.Name):
                scope.elements.setdefault(node.target.id, []).append(node.iter)
        case ast.withitem() if node.optional_vars is not None:
            _bind(node.optional_vars, node.context_expr, scope)
        case ast.Return() if node.value is not None:
            scope.returns.append(node.value)


def _note_import(node: ast.Import | ast.ImportFrom, scope: Scope, package: str, roots: set[str]) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            first = alias.name.partition(".")[0]
            roots.add(first)
            scope.imports[alias.asname or first] = alias.name if alias.asname else first
        return
    base = _base(node, package)
    roots.add(base.partition(".")[0])
    for alias in node.names:
        scope.imports[alias.asname or alias.name] = f"{base}.{alias.name}" if base else alias.name


def _base(node: ast.ImportFrom, package: str) -> str:
    """The absolute name of the module that is imported from."""
    if not node.level:
        return node.module or ""
    parts = package.split(".") if package else []
    kept = parts[: len(parts) - (node.level - 1)] if node.level > 1 else parts
    return ".".join([*kept, *([node.module] if node.module else [])])


def _bind(target: ast.expr, value: ast.expr, scope: Scope) -> None:
    match target:
        case ast.Name(id=name):
            scope.values.setdefault(name, []).append(value)
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
            owner = scope.enclosing_class()
            if owner is not None:
                owner.attributes.setdefault(name, []).append((value, scope))
        case ast.Tuple(elts=targets) if isinstance(value, ast.Tuple) and len(value.elts) == len(targets):
            for one, part in zip(targets, value.elts, strict=True):
                _bind(one, part, scope)


def _annotate(node: ast.AnnAssign, scope: Scope) -> None:
    match node.target:
        case ast.Name(id=name):
            scope.annotations[name] = node.annotation
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            owner = scope.enclosing_class()
            if owner is not None:
                owner.annotations.setdefault(name, node.annotation)
    if node.value is not None:
        _bind(node.target, node.value, scope)


def _note_addition(call: ast.Call, scope: Scope) -> None:
    """`messages.append(x)`, `.insert(0, x)`, `.extend(xs)`: what a list of that name gets."""
    match call.func:
        case ast.Attribute(value=ast.Name(id=name), attr="append" | "insert") if call.args:
            scope.added.setdefault(name, []).append(call.args[-1])
        case ast.Attribute(value=ast.Name(id=name), attr="extend") if call.args:
            added = ast.copy_location(ast.Starred(call.args[0]), call.args[0])
            scope.added.setdefault(name, []).append(added)
