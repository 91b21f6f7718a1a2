"""Templates of Nunjucks as those of Jinja: the variables that one takes, and their names changed."""

from collections.abc import Mapping

from prompteval.core.errors import RenderError
from prompteval.prompt.template import Template, TemplateFault, environment


def template_variables(text: str) -> list[str]:
    """The variables of a template, sorted.

    Raises ValueError, with the reason, for one that Jinja does not read as it is, that takes another file, or
    that looks into a variable: an input here is a text.
    """
    from jinja2 import nodes

    try:
        template = Template(text, {})
    except TemplateFault as error:
        raise ValueError(error.reason) from None
    except RenderError as error:
        raise ValueError(str(error)) from None
    if template.includes:
        raise ValueError("it includes another file")
    tree = environment({}).parse(text)
    looked_into = [
        *(node.node for node in tree.find_all(nodes.Getattr)),
        *(node.node for node in tree.find_all(nodes.Getitem)),
        *(node.iter for node in tree.find_all(nodes.For)),
    ]
    for inner in looked_into:
        if isinstance(inner, nodes.Name) and inner.name in template.variables:
            raise ValueError(f"it looks into variable {inner.name!r}, and an input is a text")
    return sorted(template.variables)


def rename_variables(text: str, names: Mapping[str, str]) -> str:
    """The template with other names for its variables; all else stays as it is written."""
    if all(name == new for name, new in names.items()):
        return text
    pieces, before = [], ""
    for _, kind, piece in environment({}).lex(text):
        pieces.append(names.get(piece, piece) if kind == "name" and before not in (".", "|") else piece)
        before = before if kind == "whitespace" else piece
    return "".join(pieces) + ("\n" if text.endswith("\n") else "")
