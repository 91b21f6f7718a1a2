"""Templates of texts and plain variables alone, as most are: put together without jinja2."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import nodes

MAX_CHARACTERS = 2_000_000
# Names that jinja2 gives a meaning of its own.
_OWN_NAMES = frozenset({"caller", "kwargs", "loop", "self", "super", "varargs"})


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable by its name."""

    name: str


Parts = Sequence[str | Variable]


def substituted_parts(tree: nodes.Template) -> Parts | None:
    """The texts and variables of a template in their order; None where it has anything else."""
    parts: list[str | Variable] = []
    for statement in tree.body:
        if not isinstance(statement, nodes.Output):
            return None
        for node in statement.nodes:
            if isinstance(node, nodes.TemplateData):
                parts.append(node.data)
            elif isinstance(node, nodes.Name) and node.name not in _OWN_NAMES:
                parts.append(Variable(node.name))
            else:
                return None
    return tuple(parts)


def substituted(parts: Parts, values: Mapping[str, object]) -> str | None:
    """The text for these values; None where jinja2 has to look, at what is absent, no text or too long."""
    found: list[str] = []
    for part in parts:
        value = part if isinstance(part, str) else values.get(part.name)
        if type(value) is not str:
            return None
        found.append(value)
    text = "".join(found)
    return text if len(text) <= MAX_CHARACTERS else None
