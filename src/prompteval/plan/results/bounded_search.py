"""JMESPath that ends: an expression of a few hundred characters can ask for more than any machine has."""

from collections.abc import Mapping
from typing import Any

from jmespath.visitor import TreeInterpreter

from prompteval.core.strict_json import excess

# Parts of an expression that are looked at, and items of the lists that they make: about a second.
MOST_STEPS = 1_000_000
# Characters of text given to a function that count as one step.
_CHARACTERS = 64
# Functions that read a value to its depths; the others look at its items.
_DEEP = frozenset({"contains", "to_string"})

_Node = Mapping[str, Any]


class BoundedSearch(TreeInterpreter):  # type: ignore[misc]  # jmespath has no types
    """One search in one value. Raises ValueError where it takes over MOST_STEPS."""

    def __init__(self) -> None:
        super().__init__()
        self._steps = 0

    def visit(self, node: _Node, value: object) -> object:
        self._count(1)
        return super().visit(node, value)

    def visit_flatten(self, node: _Node, value: object) -> object:
        found = super().visit_flatten(node, value)
        self._count(_size(found))
        return found

    def visit_comparator(self, node: _Node, value: object) -> object:
        if node["value"] not in self._EQUALITY_OPS:
            return super().visit_comparator(node, value)
        left, right = (self.visit(child, value) for child in node["children"])
        _refuse_excess(left)
        _refuse_excess(right)
        return self.COMPARATOR_FUNC[node["value"]](left, right)

    def visit_function_expression(self, node: _Node, value: object) -> object:
        given = [self.visit(child, value) for child in node["children"]]
        for argument in given:
            self._count(_size(argument))
            if node["value"] in _DEEP:
                _refuse_excess(argument)
        return self._functions.call_function(node["value"], given)

    def _count(self, steps: int) -> None:
        self._steps += steps
        if self._steps > MOST_STEPS:
            raise ValueError(f"it takes over {MOST_STEPS:,} steps")


def search(parsed: _Node, value: object) -> object:
    """What a parsed expression finds. Raises ValueError where that is too much, or of a wrong type."""
    found: object = BoundedSearch().visit(parsed, value)
    _refuse_excess(found)
    return found


def _size(value: object) -> int:
    """Steps of a text by its length, of a list by its items and their texts."""
    if isinstance(value, str):
        return len(value) // _CHARACTERS
    if isinstance(value, list):
        return len(value) + sum(len(item) for item in value if isinstance(item, str)) // _CHARACTERS
    return 0


def _refuse_excess(value: object) -> None:
    """`[@, @] | [@, @] | ...` is small in memory, and exponential for whoever walks over it."""
    if isinstance(value, dict | list) and (much := excess(value)):
        raise ValueError(much)
