"""A prompt's files as they can be checked without running its module."""

import ast
from collections.abc import Iterator, Mapping

from prompteval.core.errors import InvalidInput, RenderError
from prompteval.core.problem import Problem
from prompteval.core.secret import find_secrets
from prompteval.prompt.check import credential_problem
from prompteval.prompt.loader import not_python, template_files
from prompteval.prompt.source_places import place_at
from prompteval.prompt.template import Template, TemplateFault
from prompteval.workspace.discovery import PromptFile
from prompteval.workspace.python_source import parse_python
from prompteval.workspace.text import decode
from prompteval.workspace.tree import Tree

TEMPLATE_ENDINGS = (".j2", ".jinja", ".jinja2")


def unimported_problems(tree: Tree, file: PromptFile) -> list[Problem]:
    """What is wrong with the module's syntax and with the template files it names; typed credentials.

    What only the running module knows is not seen: inputs, output, and templates written in it.
    """
    directory = file.path.rsplit("/", 1)[0]
    try:
        source = decode(tree.read(file.path), file.path)
        module = _parse(source, file)
        files = template_files(tree, directory)
    except InvalidInput as error:
        return list(error.problems)
    named = sorted(files.keys() & _texts(module))
    found = [*_secrets(source, file.path)]
    for name in named:
        found += _secrets(files[name], f"{directory}/{name}")
        if name.endswith(TEMPLATE_ENDINGS):
            found += _faults(name, files, directory)
    return list(dict.fromkeys(found))


def _parse(source: str, file: PromptFile) -> ast.Module:
    try:
        return parse_python(source)
    except SyntaxError as error:
        raise not_python(file, error) from None
    except ValueError as error:
        raise InvalidInput([Problem(file.path, 1, 1, "PE305", f"not Python: {error}")]) from None


def _texts(module: ast.Module) -> set[str]:
    """Every text that is written in a module."""
    return {
        node.value
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def _secrets(text: str, path: str) -> Iterator[Problem]:
    for offset, shown in find_secrets(text):
        yield credential_problem(path, place_at(text, offset), shown)


def _faults(name: str, files: Mapping[str, str], directory: str) -> Iterator[Problem]:
    try:
        Template(files[name], files)
    except TemplateFault as fault:
        path = f"{directory}/{fault.file or name}"
        yield Problem(path, fault.line, 1, "PE308", f"template: {fault.reason}", fault.help)
    except RenderError as error:
        yield Problem(f"{directory}/{name}", 1, 1, "PE308", f"template: {error}")
