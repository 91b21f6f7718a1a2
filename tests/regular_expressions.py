"""Every regular expression of a tree of Python files, and texts on which one would take the square of its time."""

import ast
import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from time import process_time
from typing import Any

from tests.deadline import Late, deadline

# Where the flags of each function are, after the pattern.
FUNCTIONS = {
    "compile": 1, "search": 2, "match": 2, "fullmatch": 2, "findall": 2, "finditer": 2, "split": 3, "sub": 4,
    "subn": 4,
}  # fmt: skip
# A text is looked at from one place only.
AT_ONE_PLACE = {"match", "fullmatch"}
LENGTH = 5_000
MILLISECONDS = 6.0
# Four times the text: a linear pattern takes four times as long, a quadratic one sixteen times.
GROWTH = 8.0
GIVEN_UP = 0.2


@dataclass(frozen=True, slots=True)
class Found:
    """A regular expression: where it is, its text, and how it is used; `why` says what is not known of it."""

    name: str
    pattern: str | bytes = ""
    flags: int = 0
    at_one_place: bool = False
    why: str = ""


def expressions(
    root: Path, package: str, values: Mapping[str, Mapping[str, Sequence[Any]]]
) -> Iterator[Found]:
    """All of a package's; `values` has, by module, what the local names in its patterns may be."""
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        module = ".".join((package, *(part for part in parts if part != "__init__")))
        text = path.read_text(encoding="utf-8")
        if "re." in text:
            yield from _Module(module, ast.parse(text), values.get(module, {})).found()


class _Module:
    def __init__(self, name: str, tree: ast.Module, values: Mapping[str, Sequence[Any]]) -> None:
        self._name = name
        self._tree = tree
        self._values = values
        self._parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}

    def found(self) -> Iterator[Found]:
        for node in ast.walk(self._tree):
            if isinstance(node, ast.ImportFrom) and node.module == "re":
                yield Found(f"{self._name}:{node.lineno}", why="functions of re are called as re.NAME")
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            is_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
            if is_re and node.func.attr in FUNCTIONS:
                yield from self._expression(node, node.func.attr)

    def _expression(self, call: ast.Call, function: str) -> Iterator[Found]:
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        place = FUNCTIONS[function]
        flags = given.get("flags") or (call.args[place] if len(call.args) > place else ast.Constant(0))
        name, methods = self._use(call) if function == "compile" else (None, {function})
        told = f"{self._name}.{name}" if name else f"{self._name}: {ast.unparse(call.args[0])}"
        try:
            patterns, (flag,) = tuple(self._texts(call.args[0])), self._texts(flags)
        except NameError as error:
            yield Found(told, why=f"{error}: give it values")
            return
        for pattern in patterns:
            yield Found(told, pattern, int(flag), bool(methods) and methods <= AT_ONE_PLACE)

    def _texts(self, node: ast.expr) -> Iterator[Any]:
        """What an expression may be: of a literal at once, of one with names by the module that it is in."""
        try:
            yield ast.literal_eval(node)
            return
        except ValueError:
            code = compile(ast.Expression(node), self._name, "eval")
        names = vars(importlib.import_module(self._name))
        local = [name for name in code.co_names if name in self._values]
        for chosen in product(*(self._values[name] for name in local)):
            yield eval(code, {**names, **dict(zip(local, chosen, strict=True))})

    def _use(self, call: ast.Call) -> tuple[str | None, set[str]]:
        """(the module's name of a compiled pattern, the methods that are called of it).

        No methods stand for: it is handed on, and may be used in any way.
        """
        parent = self._parents[call]
        if isinstance(parent, ast.Attribute):
            return None, {parent.attr}
        targets = parent.targets if isinstance(parent, ast.Assign) else []
        if isinstance(parent, ast.AnnAssign):
            targets = [parent.target]
        if len(targets) != 1 or not isinstance(targets[0], ast.Name):
            return None, set()
        name = targets[0].id
        methods: set[str] = set()
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                used = self._parents[node]
                if not isinstance(used, ast.Attribute):
                    return name, set()
                methods.add(used.attr)
        return name, methods


def fault(found: Found, length: int = LENGTH, behind: str = "") -> str:
    """What is wrong with a pattern, with the text that shows it; empty for one that is linear.

    `behind` stands near the end of each text.
    """
    compiled = re.compile(found.pattern, found.flags)
    for unit, before in attacks(found.pattern, found.flags):
        for end in (f"{behind}\x00", f"{behind}\n"):
            seconds = partial(_seconds, compiled, before, unit, end, at_one_place=found.at_one_place)
            first = seconds(length)
            if first * 1_000 <= MILLISECONDS:
                continue
            best = first if first >= GIVEN_UP else min(seconds(length) for _ in range(3))
            short = 0.0 if best >= GIVEN_UP else min(seconds(length // 4) for _ in range(3))
            if best * 1_000 > MILLISECONDS and best > GROWTH * short:
                return f"{found.name}: {best:.3f} s for {before!r} + {unit!r} repeated + {end!r}"
    return ""


def _seconds(
    compiled: re.Pattern[Any], before: str, unit: str, end: str, length: int, *, at_one_place: bool
) -> float:
    text = before + (unit * (length // len(unit) + 1))[:length] + end
    given = text.encode("utf-8", "replace") if isinstance(compiled.pattern, bytes) else text
    started = process_time()
    try:
        with deadline(GIVEN_UP):
            if at_one_place:
                compiled.match(given)
                compiled.fullmatch(given)
            else:
                for _ in compiled.finditer(given):
                    pass
    except Late:
        return GIVEN_UP
    return process_time() - started


def attacks(pattern: str | bytes, flags: int) -> list[tuple[str, str]]:
    """(what is repeated, what comes before it): each atom, each repeat's body behind what leads to it, and so on."""
    tree = _parser.parse(pattern, flags)
    samples = _Samples()
    whole = samples.of(tree)
    units = [*samples.atoms, *samples.bodies, *samples.beginnings, whole]
    units += [f"{a}{b}" for a, b in zip(samples.atoms, samples.atoms[1:], strict=False)]
    behind = [(body, before) for body, before in samples.behind if before]
    found = [*((unit, "") for unit in units), *behind]
    return list(dict.fromkeys((unit, before) for unit, before in found if unit))


class _Samples:
    """One text that each part of a pattern matches, as it is parsed by Python itself."""

    def __init__(self) -> None:
        self.atoms: list[str] = []
        self.bodies: list[str] = []
        self.beginnings: list[str] = []
        self.behind: list[tuple[str, str]] = []

    def of(self, tree: Any, before: str = "") -> str:
        text = ""
        for operation, value in tree:
            text += self._one(operation, value, before + text)
            self.beginnings.append(text)
        return text

    def _one(self, operation: Any, value: Any, before: str) -> str:
        if operation in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            least, _, tree = value
            body = self.of(tree, before)
            self.bodies.append(body)
            self.behind.append((body, before))
            return body * max(least, 1)
        if operation is codes.SUBPATTERN:
            return self.of(value[3], before)
        if operation is codes.ATOMIC_GROUP:
            return self.of(value, before)
        if operation is codes.BRANCH:
            first, *_ = [self.of(tree, before) for tree in value[1]]
            return first
        if operation in (codes.ASSERT, codes.ASSERT_NOT):
            sample = self.of(value[1], before)
            return sample if operation is codes.ASSERT and value[0] < 0 else ""
        atom = _atom(operation, value)
        if atom:
            self.atoms.append(atom)
        return atom


def _atom(operation: Any, value: Any) -> str:
    if operation is codes.LITERAL:
        return chr(value)
    if operation is codes.NOT_LITERAL:
        return "x" if value != ord("x") else "y"
    if operation is codes.ANY:
        return "x"
    if operation is codes.IN:
        return _member(value)
    return ""  # anchors, references


def _member(items: Any) -> str:
    """A character of a set: of a negated one, the first usual one that is not in what it names."""
    negated = items and items[0][0] is codes.NEGATE
    source = "".join(_class_text(operation, value) for operation, value in items)
    if negated:
        return next((one for one in "x 0-.\n(é\x00" if re.match(f"[{source}]", one)), "")
    operation, value = items[0]
    if operation is codes.LITERAL:
        return chr(value)
    if operation is codes.RANGE:
        return chr(value[0])
    return next((one for one in "x 0-.\n(é" if re.match(f"[{source}]", one)), "")


CATEGORIES = {
    codes.CATEGORY_DIGIT: r"\d", codes.CATEGORY_NOT_DIGIT: r"\D", codes.CATEGORY_SPACE: r"\s",
    codes.CATEGORY_NOT_SPACE: r"\S", codes.CATEGORY_WORD: r"\w", codes.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip


def _class_text(operation: Any, value: Any) -> str:
    if operation is codes.NEGATE:
        return "^"
    if operation is codes.CATEGORY:
        return CATEGORIES[value]
    if operation is codes.RANGE:
        return f"\\U{value[0]:08x}-\\U{value[1]:08x}"
    return f"\\U{value:08x}"
