"""The full name of what is called: `client.responses.create` is `openai.OpenAI().responses.create`."""

import ast

from prompteval.audit.repository import Repository
from prompteval.audit.scopes import Scope
from prompteval.audit.sinks import is_wrapper, sink_table

_STEPS = 12


class Names:
    """Full names by imports, assignments, annotations and what functions of the repository return."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._known: dict[tuple[ast.expr, Scope], str] = {}

    def of(self, node: ast.expr, scope: Scope, depth: int = 0) -> str:
        """The full name; it begins with `?` where its first part is not known, and `()` is an instance."""
        if depth > _STEPS:
            return "?"
        key = (node, scope)
        if key not in self._known:
            self._known[key] = "?"  # of a name that leads back to itself
            self._known[key] = self._read(node, scope, depth)
        return self._known[key]

    def _read(self, node: ast.expr, scope: Scope, depth: int) -> str:
        match node:
            case ast.Name(id=name):
                return self._name(name, scope, depth)
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                return self._own(name, scope, depth)
            case ast.Attribute(value=value, attr=name):
                return f"{self.of(value, scope, depth + 1)}.{name}"
            case ast.Call(func=func):
                return self._call(node, func, scope, depth)
            case ast.Await(value=value):
                return self.of(value, scope, depth + 1)
            case ast.BoolOp(values=[*_, last]):
                return self.of(last, scope, depth + 1)
            case ast.IfExp(body=body):
                return self.of(body, scope, depth + 1)
            case ast.Constant(value=str(text)) if text.replace(".", "").replace("_", "").isalnum():
                return self._annotation(text, scope, depth)
        return "?"

    def _call(self, node: ast.Call, func: ast.expr, scope: Scope, depth: int) -> str:
        made = f"{self.of(func, scope, depth + 1)}()"
        if is_wrapper(made) and node.args:
            wrapped = self.of(node.args[0], scope, depth + 1)
            if wrapped.endswith("()") and sink_table().client(wrapped[:-2]):
                return wrapped
        if made.startswith("?") or sink_table().client(made[:-2]):
            return made
        inside = self._repository.find(made[:-2], scope.path)
        if inside is not None and inside[1]:
            function = inside[0].definitions.get(inside[1])
            if function is not None and function.kind == "function" and function.returns:
                return self.of(function.returns[-1], function, depth + 1)
        return made

    def _name(self, name: str, scope: Scope, depth: int) -> str:
        for around in scope.around():
            if name in around.values and not _is_same(around.values[name][-1], name):
                found = self.of(around.values[name][-1], around, depth + 1)
                if found != "?":
                    return found
            if name in around.annotations:
                return self._annotation_of(around.annotations[name], around, depth)
            if name in around.imports:
                return self._imported(around.imports[name], around, depth)
            if name in around.definitions:
                return self._defined(name, around, depth)
            if name in around.parameters or name in around.values:
                break
        return f"?{name}"

    def _imported(self, dotted: str, scope: Scope, depth: int) -> str:
        """An imported name; a variable of another module of the repository is what it is there."""
        inside = self._repository.find(dotted, scope.path)
        if inside is not None and inside[1] in inside[0].values:
            found = self.of(inside[0].values[inside[1]][-1], inside[0], depth + 1)
            if not found.startswith("?"):
                return found
        return dotted

    def _defined(self, name: str, scope: Scope, depth: int) -> str:
        """A class or function of this module, named by its module; a class that extends a client is one."""
        made = scope.definitions[name]
        for base in made.bases:
            found = self.of(base, scope, depth + 1)
            if sink_table().client(found):
                return found
        function = made.kind == "function" and made.returns
        if function and depth < _STEPS // 2:
            returned = self.of(made.returns[-1], made, depth + 2)
            if returned.endswith("()") and sink_table().client(returned[:-2]):
                return returned[:-2]
        return f"?{name}"

    def _own(self, name: str, scope: Scope, depth: int) -> str:
        owner = scope.enclosing_class()
        if owner is None:
            return f"?self.{name}"
        for value, where in owner.attributes.get(name, ()):
            found = self.of(value, where, depth + 1)
            if not found.startswith("?"):
                return found
        if name in owner.values:
            return self.of(owner.values[name][-1], owner, depth + 1)
        if name in owner.annotations:
            return self._annotation_of(owner.annotations[name], owner, depth)
        return f"?self.{name}"

    def _annotation_of(self, annotation: ast.expr, scope: Scope, depth: int) -> str:
        """An instance of what an annotation names; of `X | None` and `Optional[X]` of X."""
        match annotation:
            case ast.BinOp(left=left, op=ast.BitOr()):
                return self._annotation_of(left, scope, depth + 1)
            case ast.Subscript(value=ast.Name(id="Optional" | "Annotated"), slice=inner):
                first = inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner
                return self._annotation_of(first, scope, depth + 1)
            case ast.Subscript():
                return "?"
        found = self.of(annotation, scope, depth + 1)
        return "?" if found.startswith("?") else f"{found}()"

    def _annotation(self, text: str, scope: Scope, depth: int) -> str:
        first, _, rest = text.partition(".")
        found = self._name(first, scope, depth + 1)
        return f"{found}.{rest}" if rest else found


def _is_same(value: ast.expr, name: str) -> bool:
    """`client = client or OpenAI()` does not say what `client` is by its own name."""
    return isinstance(value, ast.Name) and value.id == name
