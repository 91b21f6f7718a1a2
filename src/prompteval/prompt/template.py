"""jinja2 in a sandbox: strict about names, bounded in time and size.

A template made of substitutions, conditions and single loops renders in this process as long as its
inputs are small. Everything that could take long (calls, nested loops, arithmetic, loops over much) renders
in the isolated worker under a deadline.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import DictLoader, StrictUndefined, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from prompteval.core.errors import DeadlineExceeded, PromptevalError, RenderError
from prompteval.core.problem import did_you_mean
from prompteval.isolate.worker import shared
from prompteval.prompt.substitution import MAX_CHARACTERS, substituted, substituted_parts
from prompteval.prompt.template_cost import cost_of

RENDER_SECONDS = 2.0
# So many characters are looked at in a few milliseconds; what may take more goes to the worker.
CHEAP_STEPS = 20_000_000
# What may go wrong in a template that parses; a fault of the template, not of the program.
_FAULTS = (
    TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, SyntaxError,
    RecursionError, MemoryError,
)  # fmt: skip
_LONG_NUMBER = re.compile(r"[0-9][0-9_]{4000,}")


class _Sandbox(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"**", "*", "%", "+", "//", "/", "-"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator == "**" or not (numbers or operator == "+"):
            raise SecurityError(f"operator {operator} is not allowed here")
        if numbers and max(abs(left), abs(right)) > 1e15:
            raise SecurityError("a number is too large")
        return super().call_binop(context, operator, left, right)


def environment(files: Mapping[str, str]) -> ImmutableSandboxedEnvironment:
    """A sandbox that knows the given template files and no global at all."""
    sandbox = _Sandbox(undefined=StrictUndefined, loader=DictLoader(dict(files)), autoescape=False)
    sandbox.globals.clear()
    for name in ("format", "pprint", "xmlattr", "urlize", "attr"):
        sandbox.filters.pop(name, None)
    return sandbox


class TemplateFault(RenderError):
    """A template that does not compile: the reason, the fix, and the line of the file it is in.

    `file` is the included file, empty for the template itself.
    """

    def __init__(self, reason: str, line: int, file: str = "", help: str = "") -> None:
        super().__init__(f"line {line}: {reason}")
        self.reason = reason
        self.line = line
        self.file = file
        self.help = help


class Template:
    """One compiled message template. Raises TemplateFault for a syntax error or an unknown filter.

    `includes` holds every file that it includes, and that those include, by the names given.
    """

    def __init__(self, source: str, files: Mapping[str, str]) -> None:
        self._source = source
        self._files = dict(files)
        sandbox = environment(files)
        tree = _parse(sandbox, source, "")
        self.includes = _includes(sandbox, tree, files)
        nested = any("{" in files.get(name, "") for name in self.includes)
        self._cost = None if nested else cost_of(tree)
        self.isolated = self._cost is None
        self._parts = substituted_parts(tree)
        self.variables = frozenset(self._analyse())
        self._compiled = None if self.isolated else _compiled(source, tuple(sorted(files.items())))

    def _analyse(self) -> list[str]:
        """The variables it expects. jinja2 folds constants as it looks: costly templates are read apart."""
        if not self.isolated:
            return variables_here(self._source, self._files)
        try:
            return list(_apart("variables_here", self._source, self._files))
        except DeadlineExceeded as error:
            raise RenderError(str(error)) from None

    def may_take_long(self, size: int) -> bool:
        """Whether inputs of so many characters and members in all may be more than is rendered here."""
        return self._cost is None or self._cost.most_steps(size) > CHEAP_STEPS

    def render(self, values: Mapping[str, object]) -> str:
        """The text for these values, in one pass: markup inside a value stays literal.

        Raises RenderError for undefined names, forbidden operations and too long output,
        DeadlineExceeded when an isolated render does not end.
        """
        if self._parts is not None and (text := substituted(self._parts, values)) is not None:
            return text
        if self._cost is None or self._cost.steps(values, CHEAP_STEPS) > CHEAP_STEPS:
            return str(_apart("render_here", self._source, self._files, dict(values)))
        return _rendered(self._compiled, values)


def _apart(function: str, *arguments: object) -> Any:
    """A function of this module in the worker. Raises RenderError, or DeadlineExceeded for the template."""
    place = f"prompteval.prompt.template:{function}"
    try:
        return shared().call(place, *arguments, timeout_s=RENDER_SECONDS)
    except DeadlineExceeded as error:
        raise DeadlineExceeded("the template", error.seconds) from None
    except PromptevalError as error:
        raise RenderError(str(error).removeprefix(f"{place}: ").removeprefix("RenderError: ")) from None


def _reason(error: BaseException) -> str:
    if isinstance(error, RecursionError | SyntaxError):
        return "nested too deeply"
    if isinstance(error, MemoryError):
        return "it needs more memory than a template may take"
    return f"{type(error).__name__}: {error}"


def render_here(source: str, files: dict[str, str], values: dict[str, object]) -> str:
    """Render inside the worker. Raises RenderError."""
    try:
        template = _compiled(source, tuple(sorted(files.items())))
    except _FAULTS as error:
        raise RenderError(_reason(error)) from None
    return _rendered(template, values)


def _rendered(template: object, values: Mapping[str, object]) -> str:
    try:
        return _bounded(template, values)
    except _FAULTS as error:
        raise RenderError(_reason(error)) from None


@lru_cache(maxsize=64)
def _compiled(source: str, files: tuple[tuple[str, str], ...]) -> object:
    return environment(dict(files)).from_string(source)


def _bounded(template: Any, values: Mapping[str, Any]) -> str:
    pieces: list[str] = []
    size = 0
    for piece in template.root_render_func(template.new_context(dict(values))):
        size += len(piece)
        if size > MAX_CHARACTERS:
            raise RenderError(f"the text is longer than {MAX_CHARACTERS:,} characters")
        pieces.append(piece)
    return "".join(pieces)


def variables_here(source: str, files: Mapping[str, str]) -> list[str]:
    """Every variable a template and the files it includes expect, sorted.

    Raises RenderError for one that does not compile.
    """
    try:
        _compiled(source, tuple(sorted(files.items())))
        sandbox = environment(files)
        tree = sandbox.parse(source)
        names = [name for name in _includes(sandbox, tree, files) if name in files]
        trees = [tree, *(sandbox.parse(files[name]) for name in names)]
        return sorted(set[str]().union(*(meta.find_undeclared_variables(tree) for tree in trees)))
    except _FAULTS as error:
        raise RenderError(_reason(error)) from None


def _parse(sandbox: ImmutableSandboxedEnvironment, source: str, file: str) -> nodes.Template:
    try:
        tree = sandbox.parse(source)
    except TemplateSyntaxError as error:
        raise TemplateFault(error.message or "not a template", error.lineno, file) from None
    except RecursionError:
        raise TemplateFault("nested too deeply", 1, file) from None
    except ValueError as error:  # a number that Python does not read, which jinja2 does not expect
        found = _LONG_NUMBER.search(source)
        line = source.count("\n", 0, found.start()) + 1 if found else 1
        raise TemplateFault(str(error).partition(";")[0], line, file) from None
    for node in tree.find_all((nodes.Filter, nodes.Test)):
        is_filter = isinstance(node, nodes.Filter)
        known: Mapping[str, object] = sandbox.filters if is_filter else sandbox.tests
        if node.name not in known:
            reason = f"unknown {'filter' if is_filter else 'test'} {node.name!r}"
            raise TemplateFault(reason, node.lineno, file, did_you_mean(node.name, known))
    return tree


def _includes(
    sandbox: ImmutableSandboxedEnvironment, tree: nodes.Template, files: Mapping[str, str]
) -> tuple[str, ...]:
    """The names of all included files, those of included files too, sorted."""
    found: set[str] = set()
    todo = [tree]
    while todo:
        for name in meta.find_referenced_templates(todo.pop()):
            if name not in found and name is not None and name in files:
                todo.append(_parse(sandbox, files[name], name))
            found.add(name or "")
    return tuple(sorted(found))
