"""Syntax trees of the project's files, walked without the nodes that no rule reads."""

import ast
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# The fields that hold statements, or what holds statements: handlers of exceptions and cases of a match.
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


def tree_of(path: Path) -> ast.Module:
    """The tree of a file."""
    return ast.parse(path.read_text("utf-8"))


def statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Every statement, those inside of others too, and no expression: a tenth of all nodes."""
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        yield node
        todo += blocks(node)


def blocks(node: ast.AST) -> Iterator[ast.AST]:
    """The statements right inside of one."""
    for block in _BLOCKS:
        found = getattr(node, block, None)
        if isinstance(found, list):
            yield from found


def walk(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but whether a name is loaded or stored; `ast.walk` takes three times as long."""
    todo = [tree]
    for node in todo:  # which grows meanwhile
        yield node
        for value in vars(node).values():
            if type(value) is list:
                todo += [one for one in value if isinstance(one, ast.AST)]
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                todo.append(value)


@contextmanager
def without_collections() -> Iterator[None]:
    """No collection of garbage within: each would visit the millions of nodes, of which none is garbage."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
