"""What rendering a template may cost at most, from its syntax tree and the size of its inputs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import nodes

# Filters whose cost is bounded by the size of their input, if they have no arguments.
_CHEAP_FILTERS = frozenset(
    [
        "capitalize",
        "default",
        "d",
        "escape",
        "e",
        "first",
        "join",
        "last",
        "length",
        "count",
        "lower",
        "replace",
        "round",
        "string",
        "title",
        "tojson",
        "trim",
        "upper",
    ]
)
_MULTIPLYING = frozenset({"join", "replace"})
_LONGEST_PUT_IN = 100
_CHEAP_NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem,
    nodes.Filter, nodes.If, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Test,
    nodes.For, nodes.CondExpr, nodes.Tuple, nodes.List, nodes.Include, nodes.Keyword,
)  # fmt: skip
Path = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a template of substitutions, conditions and single loops: at most `nodes` looks at every input.

    A look takes `longest` times the input's size where texts of that length are put into it.
    `loops` are the ways to what is looped over while other inputs are looked at in every turn; None
    where that is not a plain input. A loop that reads only its own items looks at each input once.
    """

    nodes: int
    longest: int
    loops: tuple[Path | None, ...]

    def steps(self, values: Mapping[str, object], enough: int) -> int:
        """Characters to be looked at for these values, counted no further than `enough`."""
        size = _size(values, enough)
        turns = max((_turns(values, path, size) for path in self.loops), default=1)
        return self.nodes * self.longest * size * max(turns, 1)

    def most_steps(self, size: int) -> int:
        """What `steps` is at most for inputs of so many characters and members in all."""
        return self.nodes * self.longest * size * (size if self.loops else 1)


def cost_of(tree: nodes.Template) -> Cost | None:
    """None where no bound is known: calls, arithmetic, loops in loops, filters whose argument is a size."""
    count, longest, loops = 0, 1, list[Path | None]()
    for node in tree.find_all(nodes.Node):
        count += 1
        if not isinstance(node, _CHEAP_NODES):
            return None
        if isinstance(node, nodes.Filter):
            if not _is_cheap_filter(node):
                return None
            longest = max(longest, *map(len, _put_in(node)), 1)
        if isinstance(node, nodes.For):
            if node.recursive or any(True for _ in node.find_all(nodes.For)):
                return None
            if _reads_others(node):
                loops.append(_path(node.iter))
    return Cost(count, longest, tuple(loops))


def _reads_others(loop: nodes.For) -> bool:
    own = {name.name for name in loop.target.find_all(nodes.Name)} | {"loop"}
    if isinstance(loop.target, nodes.Name):
        own.add(loop.target.name)
    parts = [*loop.body, *loop.else_, *([loop.test] if loop.test is not None else [])]
    names = (name for part in parts for name in _names(part))
    return any(name not in own for name in names)


def _names(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Name):
        yield node.name
    yield from (name.name for name in node.find_all(nodes.Name))


def _is_cheap_filter(node: nodes.Filter) -> bool:
    """A precision and an indentation are sizes; what is joined or put in is short if it is written out."""
    given = [*node.args, *(keyword.value for keyword in node.kwargs)]
    if node.dyn_args or node.dyn_kwargs:
        return False
    if node.name in _MULTIPLYING:
        # Two of these in a chain multiply lengths.
        if any(inner is not node and inner.name in _MULTIPLYING for inner in node.find_all(nodes.Filter)):
            return False
        return all(isinstance(value, nodes.Const) for value in given) and all(
            len(text) <= _LONGEST_PUT_IN for text in _put_in(node)
        )
    return node.name in _CHEAP_FILTERS and (not given or node.name in ("default", "d"))


def _put_in(node: nodes.Filter) -> Iterator[str]:
    """The texts that a join or a replacement puts in, as often as it finds a place."""
    if node.name in _MULTIPLYING:
        for value in [*node.args, *(keyword.value for keyword in node.kwargs)]:
            if isinstance(value, nodes.Const) and isinstance(value.value, str):
                yield value.value


def _path(node: nodes.Node) -> Path | None:
    """`a.b[0]` as ("a", "b", 0)."""
    if isinstance(node, nodes.Name):
        return (node.name,)
    if isinstance(node, nodes.Getattr | nodes.Getitem):
        outer = _path(node.node)
        inner = node.attr if isinstance(node, nodes.Getattr) else getattr(node.arg, "value", None)
        return (*outer, inner) if outer is not None and inner is not None else None
    return None


def _turns(values: Mapping[str, object], path: Path | None, size: int) -> int:
    if path is None:
        return size
    found: object = values
    for key in path:
        if isinstance(found, Mapping):
            found = found.get(key)
        elif isinstance(found, list) and isinstance(key, int) and -len(found) <= key < len(found):
            found = found[key]
        else:
            return size
    return len(found) if isinstance(found, str | list | Mapping) else 1


def _size(value: object, enough: int) -> int:
    """Characters and members of a JSON value, counted no further than `enough`."""
    size, todo = 0, [value]
    while todo and size <= enough:
        item = todo.pop()
        if isinstance(item, str):
            size += len(item)
            continue
        size += 1
        if isinstance(item, Mapping):
            size += sum(map(len, map(str, item)))
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)
    return size
