"""What of a prompt's tools its models cannot take."""

from collections.abc import Iterator, Sequence

from prompteval.core.errors import UsageError
from prompteval.core.problem import Problem
from prompteval.prompt.place import ModuleSource
from prompteval.prompt.prompt import Prompt
from prompteval.prompt.strict import strict_faults
from prompteval.providers.open import check_reference
from prompteval.workspace.presets import preset_of
from prompteval.workspace.settings import ModelProfile, Workspace


def tool_problems(prompts: Sequence[Prompt], models: Sequence[str], workspace: Workspace) -> list[Problem]:
    """Tools that a model would be offered in vain, each once."""
    armed = [prompt for prompt in prompts if prompt.tools]
    found = (
        problem for model in models for prompt in armed for problem in _problems(prompt, model, workspace)
    )
    return list(dict.fromkeys(found))


def _problems(prompt: Prompt, model: str, workspace: Workspace) -> Iterator[Problem]:
    try:
        kind, _, profile = check_reference(model, workspace)
    except UsageError:  # reported where the model is named
        return
    place = ModuleSource(prompt.source).argument("tools") if prompt.source else (0, 0)
    if kind == "local":
        message = f"{model} takes no tools, and {prompt.reference} has some"
        yield Problem(prompt.path, *place, "PE338", message, "choose a model that takes tools")
    if kind != "openai":
        return
    if prompt.schema is not None and _answers_by_tool(profile):
        message = f'structured = "tool" of {model} asks for the output as a call, and the prompt has tools'
        help = 'set structured = "json_schema" or "prompt", or make the output a str'
        yield Problem(prompt.path, *place, "PE338", message, help)
    for name, tool in prompt.known_tools.items():
        for fault in strict_faults(tool.definition.parameters):
            where = f"argument {fault.field!r} of tool {name!r}" if fault.field else f"tool {name!r}"
            message = f"{where}: {fault.message} ({model})"
            yield Problem(prompt.path, *place, "PE336", message, fault.help)


def _answers_by_tool(profile: ModelProfile | None) -> bool:
    if profile is None:
        return False
    return (profile.structured or preset_of(profile.preset).structured) == "tool"
