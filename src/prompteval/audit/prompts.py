"""Every text that reaches a model, with the call that it reaches."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from prompteval.audit.flow import Flow
from prompteval.audit.names import Names
from prompteval.audit.repository import Module, Repository
from prompteval.audit.scopes import Scope
from prompteval.audit.sinks import Role, Sink, sink_table
from prompteval.audit.texts import Text

# A function that hands its argument on, called by one that hands its own on, and so forth.
MOST_WRAPPERS = 5
_ROLES: dict[str, Role] = {
    "system": "system", "developer": "system", "user": "user", "human": "user", "assistant": "user",
    "ai": "user", "model": "user", "tool": "user", "MessageRole.SYSTEM": "system",
    "MessageRole.DEVELOPER": "system",
}  # fmt: skip
_CONTENT = ("content", "parts", "text", "blocks", "template", "prompt")


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One call that asks or configures a model. `name` is what it calls, as the table of sinks has it."""

    sink: Sink
    name: str
    receiver: str
    path: str
    node: ast.Call
    scope: Scope
    module: Module

    @property
    def label(self) -> str:
        """`openai chat.completions.create`, for a message."""
        return f"{self.sink.library} {self.name}"


@dataclass(frozen=True, slots=True)
class PromptUse:
    """A text of code in the place of one argument of a call; `role` is system or user."""

    text: Text
    role: Role
    call: ModelCall
    wrapper: str = ""


class PromptFinder:
    """Calls of a repository that reach models, and the texts in them."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self.names = Names(repository)
        self.flow = Flow(repository, self.names)
        self.calls: list[ModelCall] = []
        self._passed_on: dict[tuple[Scope, str], tuple[Role, ModelCall]] = {}

    def find(self) -> list[PromptUse]:
        """Every use of a text that is written in code; one that is used several times has as many."""
        every = [
            (call, scope, module)
            for module in self._repository.modules.values()
            for call, scope in module.found.calls
        ]
        uses: list[PromptUse] = []
        for node, scope, module in every:
            found = self._call(node, scope, module)
            if found is not None:
                self.calls.append(found)
                for role, argument in self._arguments(found):
                    uses += self._used(argument, scope, role, found, "")
        known: set[tuple[Scope, str]] = set()
        for _ in range(MOST_WRAPPERS):
            new = {key: passed for key, passed in self._passed_on.items() if key not in known}
            if not new:
                break
            known |= new.keys()
            uses += self._through(new, every)
        return sorted(uses, key=lambda use: (use.text.place.path, use.text.place.line, use.text.place.column))

    def _call(self, node: ast.Call, scope: Scope, module: Module) -> ModelCall | None:
        if not isinstance(node.func, ast.Attribute | ast.Name | ast.Call):
            return None
        ending = _ending(node.func)
        if ending not in sink_table().by_ending:
            return None
        name = self.names.of(node.func, scope)
        keywords = [keyword.arg for keyword in node.keywords if keyword.arg]
        matched = sink_table().match(name, keywords, module.found.roots)
        if matched is None:
            return None
        receiver = name.rpartition("()")[0] if "()" in name else ""
        shown = matched[0].rpartition("().")[2].removeprefix(f"{matched[1].library}.")
        return ModelCall(matched[1], shown, receiver, module.path, node, scope, module)

    def _arguments(self, call: ModelCall) -> Iterator[tuple[Role, ast.expr]]:
        """The arguments of a call that hold texts for the model."""
        sink, scope = call.sink, call.scope
        given = [(keyword.arg, keyword.value) for keyword in call.node.keywords if keyword.arg]
        given += list(zip(sink.positions, call.node.args, strict=False))
        for keyword in call.node.keywords:
            if keyword.arg is None:  # **options
                for value, _ in self.flow.values(keyword.value, scope):
                    given += entries(value)
        for name, value in given:
            role = sink.prompts.get(name)
            if role is None:
                continue
            if sink.role and role == "user":
                role = self._role_of(dict(given).get(sink.role), scope)
            yield role, value

    def _role_of(self, node: ast.expr | None, scope: Scope) -> Role:
        if node is None:
            return "user"
        if isinstance(node, ast.Attribute):
            return _ROLES.get(f"MessageRole.{node.attr.upper()}", "user")
        texts = self.flow.texts(node, scope)
        return _ROLES.get(texts[0].literal.lower(), "user")

    def _used(
        self, node: ast.expr, scope: Scope, role: Role, call: ModelCall, wrapper: str
    ) -> Iterator[PromptUse]:
        """The texts of one argument; of a parameter that is handed on, where it comes from is found later."""
        for value, where, role_named in self._parts(node, scope, role, 0):
            for text in self.flow.texts(value, where):
                if text.parameter is not None:
                    self._passed_on.setdefault(text.parameter, (role_named, call))
                if text.has_words:
                    yield PromptUse(text, role_named, call, wrapper)

    def _parts(
        self, node: ast.expr, scope: Scope, role: Role, depth: int
    ) -> Iterator[tuple[ast.expr, Scope, Role]]:
        """The expressions of texts in an argument: of messages, of their contents, of configurations."""
        if role in ("user", "system") and not isinstance(node, ast.List | ast.Tuple | ast.Dict | ast.Call):
            yield node, scope, role
            return
        if depth > 8:
            return
        for value, where in self.flow.values(node, scope):
            yield from self._part(value, where, role, depth)
        if isinstance(node, ast.Name):
            for around in scope.around():
                for added in around.added.get(node.id, ()):
                    yield from self._parts(added, around, role, depth + 1)

    def _part(
        self, node: ast.expr, scope: Scope, role: Role, depth: int
    ) -> Iterator[tuple[ast.expr, Scope, Role]]:
        plain: Role = "user" if role in ("messages", "inputs") else role
        match node:
            case ast.List(elts=parts) | ast.Set(elts=parts):
                for part in parts:
                    yield from self._parts(part, scope, role, depth + 1)
            case ast.Tuple(elts=[ast.Constant(value=str(said)), content]) if said.lower() in _ROLES:
                yield from self._parts(content, scope, _ROLES[said.lower()], depth + 1)
            case ast.Tuple(elts=parts):
                for part in parts:
                    yield from self._parts(part, scope, role, depth + 1)
            case ast.Starred(value=value) | ast.Await(value=value):
                yield from self._parts(value, scope, role, depth + 1)
            case ast.ListComp(elt=value) | ast.GeneratorExp(elt=value):
                yield from self._parts(value, scope, role, depth + 1)
            case ast.BinOp(op=ast.Add(), left=left, right=right) if role == "messages" and _is_list(
                left, right
            ):
                yield from self._parts(left, scope, role, depth + 1)
                yield from self._parts(right, scope, role, depth + 1)
            case ast.IfExp(body=body, orelse=other) if role == "messages":
                yield from self._parts(body, scope, role, depth + 1)
                yield from self._parts(other, scope, role, depth + 1)
            case ast.Dict():
                yield from self._message(dict(entries(node)), scope, role, depth)
            case ast.Call(keywords=keywords) if role != "inputs":
                yield from self._made(node, {k.arg: k.value for k in keywords if k.arg}, scope, role, depth)
            case _:
                yield node, scope, plain

    def _message(
        self, entries: dict[str, ast.expr], scope: Scope, role: Role, depth: int
    ) -> Iterator[tuple[ast.expr, Scope, Role]]:
        """One message, or one block of its content; of a configuration the instruction of the system."""
        if role == "config":
            if "system_instruction" in entries:
                yield from self._parts(entries["system_instruction"], scope, "system", depth + 1)
            return
        if role == "inputs":
            for name, role_named in (("prompt", "user"), ("system_prompt", "system")):
                if name in entries:
                    yield from self._parts(entries[name], scope, _ROLES[role_named], depth + 1)
            return
        role_named = (
            self._role_of(entries.get("role") or entries.get("type"), scope) if "role" in entries else role
        )
        role_named = "user" if role_named == "messages" else role_named
        for name in _CONTENT:
            if name in entries:
                yield from self._parts(entries[name], scope, role_named, depth + 1)

    def _made(
        self, node: ast.Call, entries: dict[str, ast.expr], scope: Scope, role: Role, depth: int
    ) -> Iterator[tuple[ast.expr, Scope, Role]]:
        """A message object; a call that is in the table itself is found there."""
        keywords = [name for name in entries if name]
        name = self.names.of(node.func, scope)
        if sink_table().match(name, keywords, ()) is not None:
            return
        if _is_maker(node.func) and any(key in entries for key in ("content", "parts", "text")):
            yield from self._message(entries, scope, role, depth)
        elif role == "messages" and (function := self.flow.definition(node.func, scope)) is not None:
            for value in function.returns if function.kind == "function" else ():
                yield from self._parts(value, function, role, depth + 1)
        elif role != "config":
            yield node, scope, "user" if role == "messages" else role

    def _through(
        self,
        passed_on: dict[tuple[Scope, str], tuple[Role, ModelCall]],
        every: Iterable[tuple[ast.Call, Scope, Module]],
    ) -> Iterator[PromptUse]:
        """The texts that are given to functions whose parameter reaches a model."""
        wanted: dict[str, set[Scope]] = {}
        for function, _ in passed_on:
            wanted.setdefault(_called(function), set()).add(function)
        for node, scope, module in every:
            if _ending(node.func) not in wanted:
                continue
            target = self.flow.definition(node.func, scope)
            if target is not None and target.kind == "class":
                target = target.definitions.get("__init__")
            if target is None or target not in wanted[_ending(node.func)]:
                continue
            for name, value in _bound(node, target):
                passed = passed_on.get((target, name))
                if passed is not None:
                    call = replace(passed[1], module=module)
                    yield from self._used(value, scope, passed[0], call, target.name)


def _ending(func: ast.expr) -> str:
    """The last part of the name that is called; `x()` for what is called at once again."""
    match func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=inner):
            return f"{_ending(inner)}()" if not isinstance(inner, ast.Call) else ""
    return ""


def _is_maker(func: ast.expr) -> bool:
    """Whether a call makes an object, as its name says: `Part(text=...)`, `Part.from_text(text=...)`."""
    ending = _ending(func)
    return ending[:1].isupper() or ending.startswith("from_") or ending == "dict"


def _called(function: Scope) -> str:
    """The name by which a function is called: that of its class for a constructor."""
    if function.name == "__init__" and function.parent is not None:
        return function.parent.name
    return function.name


def _bound(node: ast.Call, function: Scope) -> list[tuple[str, ast.expr]]:
    """The arguments of a call by the names of the parameters that take them."""
    names = function.positional
    owner = function.parent is not None and function.parent.kind == "class"
    if owner and names and names[0] in ("self", "cls"):
        names = names[1:]
    found = list(zip(names, node.args, strict=False))
    return found + [(keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg]


def entries(node: ast.expr) -> list[tuple[str, ast.expr]]:
    """The entries of a mapping that is written out, by their constant keys; of `dict(a=1)` too."""
    match node:
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return [
                (k.value, v) for k, v in pairs if isinstance(k, ast.Constant) and isinstance(k.value, str)
            ]
        case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
            return [(keyword.arg, keyword.value) for keyword in keywords if keyword.arg]
    return []


def _is_list(left: ast.expr, right: ast.expr) -> bool:
    return any(isinstance(side, ast.List | ast.ListComp) for side in (left, right))
