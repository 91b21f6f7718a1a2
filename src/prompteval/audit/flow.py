"""Which texts an expression may be: data flow through assignments, imports, functions and formatting."""

import ast
from collections.abc import Iterable, Iterator
from itertools import islice

from prompteval.audit.names import Names
from prompteval.audit.repository import Repository
from prompteval.audit.scopes import Scope
from prompteval.audit.texts import Piece, Text

# Of one expression: an `if` in an `if`, say. More are looked at no further.
MOST_TEXTS = 40
# Steps from the call back to where a text is written.
DEEPEST_FLOW = 25
# Expressions that are looked at for one text.
MOST_STEPS = 4_000
_SOURCE_WIDTH = 80
_SAME_TEXT = frozenset({
    "strip", "lstrip", "rstrip", "replace", "lower", "upper", "removeprefix", "removesuffix", "expandtabs",
    "format", "format_map", "substitute", "safe_substitute", "render", "partial", "title", "capitalize",
    "format_prompt", "encode", "decode", "copy",
})  # fmt: skip
_TAKES_TEXT = frozenset({
    "dedent", "cleandoc", "str", "Template", "from_string", "fill", "indent", "unescape", "PromptValue",
    "StringPromptValue", "cast",
})  # fmt: skip


class Flow:
    """The texts of expressions in a repository."""

    def __init__(self, repository: Repository, names: Names) -> None:
        self._repository = repository
        self._names = names
        self._open: set[tuple[ast.expr, Scope]] = set()
        self._steps = 0
        self._depth = 0  # of values and definitions that need others
        self._values: dict[tuple[ast.expr, Scope], list[tuple[ast.expr, Scope]]] = {}
        self._definitions: dict[tuple[ast.expr, Scope], Scope | None] = {}

    def texts(self, node: ast.expr, scope: Scope) -> list[Text]:
        """What the expression may be, at most MOST_TEXTS; a text without any literal is one hole."""
        self._steps = self._steps + 1 if self._open else 0
        if (node, scope) in self._open or len(self._open) >= DEEPEST_FLOW or self._steps > MOST_STEPS:
            return [_hole(node, scope)]
        self._open.add((node, scope))
        try:
            return self._read(node, scope)[:MOST_TEXTS] or [_hole(node, scope)]
        finally:
            self._open.discard((node, scope))

    def _read(self, node: ast.expr, scope: Scope) -> list[Text]:
        match node:
            case ast.Constant(value=str(text)):
                return [Text((_piece(node, scope, text),))]
            case ast.JoinedStr(values=values):
                return self._joined(values, scope, node)
            case ast.BinOp(op=ast.Add()):
                return self._joined(list(_terms(node)), scope)
            case ast.Name(id=name):
                return self._name(node, name, scope)
            case ast.Attribute():
                return self._attribute(node, scope)
            case ast.Call():
                return self._call(node, scope)
            case ast.Subscript():
                return self._subscript(node, scope)
            case ast.IfExp(body=body, orelse=other):
                return self._any_of([body, other], scope)
            case ast.BoolOp(values=values):
                return self._any_of(values, scope)
            case (
                ast.FormattedValue(value=value)
                | ast.Await(value=value)
                | ast.Starred(value=value)
                | ast.NamedExpr(value=value)
                | ast.BinOp(left=value, op=ast.Mod())
            ):
                return self.texts(value, scope)
        return [_hole(node, scope)]

    def _any_of(self, nodes: Iterable[ast.expr], scope: Scope) -> list[Text]:
        found: list[Text] = []
        for node in nodes:
            if len(found) >= MOST_TEXTS:
                break
            found += self.texts(node, scope)
        return list(dict.fromkeys(found))

    def _joined(self, nodes: list[ast.expr], scope: Scope, whole: ast.expr | None = None) -> list[Text]:
        """The texts one after the other. Of what may be one of several constants the text says only that.

        `whole` is an f-string, whose literals have its place in every version of Python.
        """
        pieces: list[Piece] = []
        for node in nodes:
            if whole is not None and isinstance(node, ast.Constant):
                pieces.append(_piece(whole, scope, str(node.value)))
                continue
            options = self.texts(node, scope)
            if len(options) == 1:
                pieces += options[0].pieces
            else:
                chosen = all(not option.holes for option in options)
                pieces.append(_hole(node, scope, chosen=chosen).pieces[0])
        return [Text(tuple(pieces))]

    def _name(self, node: ast.expr, name: str, scope: Scope) -> list[Text]:
        for around in scope.around():
            bound = around.values.get(name, [])
            if around.kind == "function" and name in around.parameters:
                default = around.parameters[name]
                given = [_hole(node, scope, parameter=(around, name))]
                return given + self._any_of([*bound, *([default] if default else [])], around)
            if bound:
                return self._any_of(bound, around)
            if name in around.elements:
                return self._elements(around.elements[name], around) or [_hole(node, scope)]
            if name in around.imports:
                return self._outside(around.imports[name], around) or [_hole(node, scope)]
        return [_hole(node, scope)]

    def _elements(self, iterables: list[ast.expr], scope: Scope) -> list[Text]:
        """What a loop goes through, where it is a list that is written out."""
        found: list[Text] = []
        for iterable in iterables:
            for value in self.values(iterable, scope):
                if isinstance(value[0], ast.List | ast.Tuple | ast.Set):
                    found += self._any_of(value[0].elts, value[1])
        return found

    def _outside(self, dotted: str, scope: Scope) -> list[Text]:
        place = self._repository.find(dotted, scope.path)
        if place is None or not place[1]:
            return []
        return self._any_of(place[0].values.get(place[1], ()), place[0])

    def _attribute(self, node: ast.Attribute, scope: Scope) -> list[Text]:
        """`self.x`, `Class.x`, `module.x`, and `.value` of a member of an enumeration."""
        if node.attr == "value" and isinstance(node.value, ast.Attribute | ast.Name):
            found = self.texts(node.value, scope)
            return found if any(text.has_words for text in found) else [_hole(node, scope)]
        if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            owner = scope.enclosing_class()
            found = self._member(owner, node.attr, 0) if owner is not None else []
            return found or [_hole(node, scope)]
        for value, where in self.values(node.value, scope):
            if isinstance(value, ast.Call):
                made = self.definition(value.func, where)
                found = self._member(made, node.attr, 0) if made is not None else []
                if found:
                    return found
        owner = self.definition(node.value, scope)
        if owner is not None and owner.kind == "class":
            return self._member(owner, node.attr, 0) or [_hole(node, scope)]
        return self._outside(self._dotted(node, scope), scope) or [_hole(node, scope)]

    def _dotted(self, node: ast.expr, scope: Scope) -> str:
        name = self._names.of(node, scope)
        return "" if name.startswith("?") else name

    def _member(self, owner: Scope, name: str, depth: int) -> list[Text]:
        """An attribute of a class, of its instances, or of a base class that the repository has."""
        found = [text for value, where in owner.attributes.get(name, ()) for text in self.texts(value, where)]
        found += self._any_of(owner.values.get(name, ()), owner)
        if found or depth > 5:
            return found
        for base in owner.bases:
            above = self.definition(base, owner)
            if above is not None and above is not owner:
                found += self._member(above, name, depth + 1)
        return found

    def _call(self, node: ast.Call, scope: Scope) -> list[Text]:
        match node.func:
            case ast.Attribute(value=ast.Constant(value=str()) as separator, attr="join") if node.args:
                return self._join(separator, node.args[0], scope)
            case ast.Attribute(value=value, attr=name) if name in _SAME_TEXT:
                found = self.texts(value, scope)
                if any(text.has_words for text in found):
                    return found
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in _TAKES_TEXT and node.args:
                return self.texts(node.args[-1 if name == "cast" else 0], scope)
        made = self.definition(node.func, scope)
        if made is not None and made.kind == "function":
            return self._any_of(made.returns, made)
        return [_hole(node, scope)]

    def _join(self, separator: ast.expr, parts: ast.expr, scope: Scope) -> list[Text]:
        for value, where in self.values(parts, scope):
            if isinstance(value, ast.List | ast.Tuple):
                between: list[ast.expr] = []
                for element in value.elts:
                    between += [separator, element] if between else [element]
                return self._joined(between, where)
            if isinstance(value, ast.ListComp | ast.GeneratorExp):
                return self.texts(value.elt, where)
        return [_hole(parts, scope)]

    def _subscript(self, node: ast.Subscript, scope: Scope) -> list[Text]:
        """An entry of a mapping or list that is written out; all of them where the key is not."""
        for value, where in self.values(node.value, scope):
            if isinstance(value, ast.Dict):
                wanted = node.slice.value if isinstance(node.slice, ast.Constant) else None
                entries = [
                    entry
                    for key, entry in zip(value.keys, value.values, strict=True)
                    if wanted is None or (isinstance(key, ast.Constant) and key.value == wanted)
                ]
                return self._any_of(entries, where)
            if isinstance(value, ast.List | ast.Tuple):
                return self._any_of(value.elts, where)
        return [_hole(node, scope)]

    def values(self, node: ast.expr, scope: Scope) -> list[tuple[ast.expr, Scope]]:
        """The expressions that a name or attribute is bound to, at most MOST_TEXTS; any other is itself."""
        key = (node, scope)
        if key not in self._values and self._depth < DEEPEST_FLOW:
            self._values[key] = []  # of a name that leads back to itself
            self._depth += 1
            self._values[key] = list(islice(self._bound_to(node, scope), MOST_TEXTS))
            self._depth -= 1
        return self._values.get(key, [])

    def _bound_to(self, node: ast.expr, scope: Scope) -> Iterator[tuple[ast.expr, Scope]]:
        bound: list[tuple[ast.expr, Scope]] = []
        match node:
            case ast.Name(id=name):
                for around in scope.around():
                    if name in around.values:
                        bound = [(value, around) for value in around.values[name]]
                        break
                    if name in around.imports:
                        bound = self._values_outside(around.imports[name], around)
                        break
                    if name in around.parameters:
                        yield node, scope
                        return
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                owner = scope.enclosing_class()
                if owner is not None:
                    bound = [*owner.attributes.get(name, ())]
                    bound += [(value, owner) for value in owner.values.get(name, ())]
            case ast.Attribute():
                bound = self._values_outside(self._dotted(node, scope), scope)
            case _:
                yield node, scope
        for value, where in bound:
            yield from self.values(value, where)

    def _values_outside(self, dotted: str, scope: Scope) -> list[tuple[ast.expr, Scope]]:
        place = self._repository.find(dotted, scope.path) if dotted else None
        return [(value, place[0]) for value in place[0].values.get(place[1], ())] if place else []

    def definition(self, node: ast.expr, scope: Scope) -> Scope | None:
        """The function or class of the repository that an expression names; of a method, where `self` is."""
        key = (node, scope)
        if key not in self._definitions and self._depth < DEEPEST_FLOW:
            self._definitions[key] = None  # of a name that leads back to itself
            self._depth += 1
            self._definitions[key] = self._named(node, scope)
            self._depth -= 1
        return self._definitions.get(key)

    def _named(self, node: ast.expr, scope: Scope) -> Scope | None:
        match node:
            case ast.Name(id=name):
                for around in scope.around():
                    if name in around.definitions:
                        return around.definitions[name]
                    if name in around.imports:
                        return self._defined(around.imports[name], around)
                    if name in around.values or name in around.parameters:
                        return None
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                return self._method(scope.enclosing_class(), name, 0)
            case ast.Attribute(value=value, attr=name):
                for made, where in self.values(value, scope):
                    if isinstance(made, ast.Call):
                        owner = self.definition(made.func, where)
                        if owner is not None and owner.kind == "class":
                            return self._method(owner, name, 0)
                owner = self.definition(value, scope)
                if owner is not None:
                    return self._method(owner, name, 0)
                return self._defined(self._dotted(node, scope), scope)
        return None

    def _defined(self, dotted: str, scope: Scope) -> Scope | None:
        place = self._repository.find(dotted, scope.path) if dotted else None
        return place[0].definitions.get(place[1]) if place is not None else None

    def _method(self, owner: Scope | None, name: str, depth: int) -> Scope | None:
        if owner is None or depth > 5:
            return None
        if name in owner.definitions:
            return owner.definitions[name]
        for base in owner.bases:
            above = self.definition(base, owner)
            found = self._method(above, name, depth + 1) if above is not owner else None
            if found is not None:
                return found
        return None


def _terms(node: ast.expr) -> Iterator[ast.expr]:
    """The terms of a sum, without recursion: long prompts are added up of many."""
    stack = [node]
    while stack:
        term = stack.pop()
        if isinstance(term, ast.BinOp) and isinstance(term.op, ast.Add):
            stack += [term.right, term.left]
        else:
            yield term


def _piece(node: ast.expr, scope: Scope, text: str) -> Piece:
    last = node.end_lineno or node.lineno
    return Piece(
        text, scope.path, node.lineno, node.col_offset + 1, last, last_column=node.end_col_offset or 0
    )


def _hole(
    node: ast.expr, scope: Scope, *, parameter: tuple[Scope, str] | None = None, chosen: bool = False
) -> Text:
    last = node.end_lineno or node.lineno
    short = last == node.lineno and (node.end_col_offset or 0) - node.col_offset <= _SOURCE_WIDTH
    source = ast.unparse(node) if short else "..."
    return Text((Piece(source, scope.path, node.lineno, node.col_offset + 1, last, True, parameter, chosen),))
