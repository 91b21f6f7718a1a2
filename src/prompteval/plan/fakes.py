"""`tools: {module: evals.fakes}`: functions of the workspace that stand for the tools of a prompt."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from prompteval.core.errors import UsageError
from prompteval.core.fingerprint import fingerprint
from prompteval.prompt.prompt import Prompt
from prompteval.prompt.tools import Tool
from prompteval.workspace.code import load_code
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tools_section import ToolsSection


@dataclass(frozen=True, slots=True)
class Fakes:
    """A function for each tool, by the tools' names; the fingerprint covers the functions' own file.

    At most `max_steps` replies of a model with calls are answered.
    """

    functions: Mapping[str, Callable[..., Any]]
    fingerprint: str
    max_steps: int


def plan_fakes(workspace: Workspace, section: ToolsSection, prompt: Prompt) -> Fakes:
    """A function of the module for each tool of the prompt.

    Raises UsageError for a prompt without tools, for a tool without a function, and for a function that does
    not take the tool's arguments.
    """
    if not prompt.tools:
        message = f"{prompt.reference} has no tools, and tools: names functions for them"
        raise UsageError(message, "write tools=[...] in the prompt, or remove the key")
    functions, marks = dict[str, Callable[..., Any]](), dict[str, str]()
    for name, tool in prompt.known_tools.items():
        code = load_code(workspace, f"{section.module}:{name}")
        _refuse_other_arguments(code.entry, code.function, tool)
        functions[name], marks[name] = code.function, code.fingerprint
    return Fakes(functions, fingerprint(marks), section.max_steps)


def _refuse_other_arguments(entry: str, function: Callable[..., object], tool: Tool) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # of a function without one, which a call will show
        return
    try:
        signature.bind(**dict.fromkeys(tool.parameters))
    except TypeError as error:
        message = f"{entry} does not take the arguments of the tool: {error}"
        raise UsageError(message, f"it is called with {', '.join(tool.parameters) or 'none'}") from None
