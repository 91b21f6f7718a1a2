"""Loads a prompt version from a tree: its own namespace, no bytecode, errors at the user's line."""

import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import ModuleType

from pydantic import BaseModel

from prompteval.core.errors import InvalidInput, PromptevalError, RenderError, UsageError
from prompteval.core.fingerprint import fingerprint_bytes
from prompteval.core.problem import Problem, did_you_mean
from prompteval.prompt.check import param_problems
from prompteval.prompt.files_beside import with_files
from prompteval.prompt.messages import History, Part
from prompteval.prompt.prompt import Prompt
from prompteval.prompt.schema import refuse_slow_patterns
from prompteval.prompt.source_places import ModuleSource, Place, Span
from prompteval.prompt.template import Template, TemplateFault
from prompteval.prompt.tools import ToolFault
from prompteval.workspace.discovery import PromptFile, find_prompt
from prompteval.workspace.text import decode
from prompteval.workspace.tree import Tree

_TEMPLATE_ENDINGS = (".j2", ".jinja", ".jinja2", ".txt", ".md")


def load_prompt(tree: Tree, name: str, version: int | None = None) -> Prompt:
    """A version of a prompt, the current one when none is named.

    Raises UsageError for an unknown name or version and InvalidInput, at file and line, for a
    module that does not load or holds no `prompt`.
    """
    place = find_prompt(tree, name, version)
    source = decode(tree.read(place.path), place.path)
    module = _execute(place, source)
    prompt = _prompt_of(module, place)
    directory = place.path.rsplit("/", 1)[0]
    files = template_files(tree, directory)
    text = ModuleSource(source)
    count = len(prompt.messages)
    messages = [
        _resolve(part, files, tree, place, partial(text.message_place, index, count))
        for index, part in enumerate(prompt.messages)
    ]
    loaded = replace(
        prompt,
        messages=tuple(messages),
        name=place.name,
        version=place.version,
        path=place.path,
        files=files,
        source=source,
    )
    _compile(loaded, text)
    return loaded


def template_files(tree: Tree, directory: str) -> dict[str, str]:
    """The texts beside a module that its templates may read, by their names in the directory."""
    return {
        path.removeprefix(directory + "/"): decode(tree.read(path), path)
        for path in tree.list(directory)
        if path.endswith(_TEMPLATE_ENDINGS)
    }


def not_python(place: PromptFile, error: SyntaxError) -> InvalidInput:
    """A module that does not compile, at its line."""
    message = f"not Python: {error.msg}"
    return InvalidInput([Problem(place.path, error.lineno or 1, error.offset or 1, "PE305", message)])


def _execute(place: PromptFile, source: str) -> ModuleType:
    """Run the module under a name of its own, so that two trees never share one."""
    digest = fingerprint_bytes(source.encode("utf-8", "surrogatepass"))[-12:]
    module = ModuleType(f"prompteval_prompts.{place.name}.v{place.version}_{digest}")
    module.__file__ = place.path
    quiet = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    sys.modules[module.__name__] = module  # pydantic looks annotations up there
    try:
        exec(compile(source, place.path, "exec"), module.__dict__)
    except SyntaxError as error:
        raise not_python(place, error) from None
    except KeyboardInterrupt:
        raise
    except ToolFault as fault:
        own = fault.path == place.path
        line = fault.line if own else _line_in(fault, place.path)
        raise InvalidInput([Problem(place.path, line, 1, "PE337", fault.message, fault.help)]) from None
    except BaseException as error:  # code that ends the process must not end the check
        line = _line_in(error, place.path)
        said = str(error) if isinstance(error, UsageError) else f"{type(error).__name__}: {error}"
        raise InvalidInput([Problem(place.path, line, 1, "PE306", said)]) from None
    finally:
        sys.dont_write_bytecode = quiet
    return module


def _line_in(error: BaseException, path: str) -> int:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    return (lines[-1] or 1) if lines else 1


def _prompt_of(module: ModuleType, place: PromptFile) -> Prompt:
    prompt = getattr(module, "prompt", None)
    if not isinstance(prompt, Prompt):
        names = [name for name, value in vars(module).items() if isinstance(value, Prompt)]
        help = f"rename {names[0]!r} to 'prompt'" if names else "write `prompt = Prompt(...)`"
        raise InvalidInput([Problem(place.path, 1, 1, "PE307", "the module defines no `prompt`", help)])
    return prompt


def _resolve(
    part: Part | History,
    files: dict[str, str],
    tree: Tree,
    place: PromptFile,
    place_of: Callable[[str], Place],
) -> Part | History:
    """A message with its texts and files; `place_of` finds a text of it in the module."""
    if isinstance(part, History):
        return part
    line, column = place_of(part.text or part.file)
    part = replace(part, path=place.path, line=line, column=column, written=(line, column))
    part = with_files(part, tree, place_of)
    if not part.file:
        return part
    directory = place.path.rsplit("/", 1)[0]
    if part.file not in files:
        message = f"template file {part.file!r} is not in {directory}"
        help = did_you_mean(part.file, files)
        raise InvalidInput([Problem(place.path, line, column, "PE303", message, help)])
    content = files[part.file]
    pieces = tuple(content if piece == "" else piece for piece in part.pieces)
    path = f"{directory}/{part.file}"
    return replace(part, text=content, path=path, line=1, column=1, pieces=pieces)


def _compile(prompt: Prompt, text: ModuleSource) -> None:
    """Compile every template now, so that each syntax error is found before anything runs."""
    problems: dict[Problem, None] = {}
    for index, part in enumerate(prompt.messages):
        if isinstance(part, History):
            continue
        for written in part.texts:
            try:
                Template(written, prompt.files)
            except TemplateFault as fault:
                span = text.message(index, len(prompt.messages), written)
                problems[_template_problem(prompt, part, fault, text, span)] = None
            except RenderError as error:
                problem = Problem(part.path, part.line, part.column, "PE308", f"template: {error}")
                problems[problem] = None
    if problems:
        raise InvalidInput(list(problems))
    try:
        prompt.fingerprint  # noqa: B018
        prompt.schema  # noqa: B018
        tools = [tool.model for tool in prompt.known_tools.values()]
        prompt.tool_definitions  # noqa: B018
        for model in (prompt.inputs, prompt.output, *tools):
            if isinstance(model, type) and issubclass(model, BaseModel):
                refuse_slow_patterns(model)
    except (Exception, SystemExit) as error:  # pydantic runs the module's own code here: anything may come
        problem = Problem(prompt.path, *text.prompt(), "PE309", f"params or schema: {_explained(error)}")
        raise InvalidInput([*param_problems(prompt, text)] or [problem]) from None


def _explained(error: BaseException) -> str:
    if isinstance(error, PromptevalError | ValueError | TypeError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _template_problem(
    prompt: Prompt, part: Part, fault: TemplateFault, text: ModuleSource, span: Span
) -> Problem:
    """A fault at its own line: of the included file, the template file or the module."""
    message = (f"template: {fault.reason}", fault.help)
    if fault.file:
        directory = prompt.path.rsplit("/", 1)[0]
        return Problem(f"{directory}/{fault.file}", fault.line, 1, "PE308", *message)
    if part.file:
        return Problem(part.path, fault.line, 1, "PE308", *message)
    return Problem(part.path, *text.line_in(span, fault.line), "PE308", *message)
